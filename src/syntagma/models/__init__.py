"""Keras models: each file is a config and the function that builds the model from it."""
