"""Sequence tagging: one tag per word, and the spans that tags represent, such as named entities."""
