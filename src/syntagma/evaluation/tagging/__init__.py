"""Sequence labelling: scores, comparisons and reports for tags of words and for the spans that tags encode."""
