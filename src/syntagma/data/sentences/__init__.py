"""Sentences with tagged words: reading, checking and describing them."""
