"""Baselines for the classification of numeric series."""
