"""Reading, checking and describing labelled numeric series."""
