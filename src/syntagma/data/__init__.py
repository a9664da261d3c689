"""Readers of labelled data: file formats, named corpora, splits and batches. Nothing here imports Keras."""
