"""Decoding of sequences from any model that predicts the next token."""
