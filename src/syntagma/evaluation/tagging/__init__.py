"""Sequence labelling: scores, comparisons and reports for the tags of words and the spans that tags encode."""
