"""Rows that get one of several labels, or some of them: scores, comparisons, reports."""
