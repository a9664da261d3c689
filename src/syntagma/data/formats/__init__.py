"""File formats: one reader per format, each from bytes to raw rows."""
