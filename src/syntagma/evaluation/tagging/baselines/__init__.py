"""Simple taggers to compare with."""
