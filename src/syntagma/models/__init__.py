"""Building blocks of Keras models with their configs, and functions for ensembles, predictions and stored weights."""
