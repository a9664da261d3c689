"""Tables of texts, sentences or series, and corpora: one table per split."""
