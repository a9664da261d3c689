"""Readers of file formats, one module per format. Each reader returns `RawRows` or, for series, `RawSeries`."""
