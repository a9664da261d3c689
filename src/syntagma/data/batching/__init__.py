"""Conversion of encoded rows to padded batches, and splitting of long rows into windows."""
