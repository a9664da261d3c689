"""Classification of numeric series: rows are series of vectors, each with a label."""
