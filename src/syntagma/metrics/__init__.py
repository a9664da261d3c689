"""Metrics of predictions: span scores, calibration and significance."""
