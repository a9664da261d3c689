"""Readers of file formats, one module per format; each turns bytes into raw rows."""
