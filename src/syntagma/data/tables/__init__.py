"""Rows in a fixed order, whatever they are of: tables, corpora of tables, splits."""
