"""Sequence labelling: a tag per word, and the spans that tags spell."""
