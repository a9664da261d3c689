"""Baselines for time-series classification."""
