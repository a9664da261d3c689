"""Classification: scores, comparisons and reports for binary, multiclass and multilabel predictions."""
