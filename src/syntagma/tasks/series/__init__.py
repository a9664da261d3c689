"""Time series classification: each row is a series of numeric vectors with a label."""
