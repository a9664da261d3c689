"""Numeric series with labels: reading, checking and describing them."""
