"""Tables of texts, sentences or series, corpora of tables, and their splits."""
