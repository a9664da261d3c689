"""Words that get tags, and the spans that tags spell: scores, comparisons, reports."""
