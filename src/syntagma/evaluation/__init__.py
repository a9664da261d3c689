"""Metrics, baselines and reports computed from predictions."""
