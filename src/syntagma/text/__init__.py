"""Strings, tokens, ids: encoders, label sets, n-grams and word vectors. No Keras."""
