"""Reading, checking and describing labelled texts."""
