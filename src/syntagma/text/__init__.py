"""Conversion of texts and tags to ids: encoders, label sets, n-grams and word vectors. Independent of Keras."""
