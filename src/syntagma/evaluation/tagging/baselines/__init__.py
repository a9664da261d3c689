"""Baseline taggers."""
