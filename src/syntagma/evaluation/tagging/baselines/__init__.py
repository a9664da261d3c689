"""Baseline taggers, which put the score of a neural tagger into context."""
