"""Keras models: each module defines a config and the functions that build a model from it."""
