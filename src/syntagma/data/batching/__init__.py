"""Rows of numbers: batches, and windows over long rows."""
