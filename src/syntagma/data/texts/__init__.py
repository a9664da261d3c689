"""Texts with labels: reading, checking and describing them."""
