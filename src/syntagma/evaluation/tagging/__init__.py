"""Sequence labelling: scores, comparisons and reports for word tags and the spans that they encode."""
