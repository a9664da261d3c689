"""Generation of texts from texts: scores, baselines, comparisons and reports."""
