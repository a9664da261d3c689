"""Conversion of texts, tags and labels to ids, independent of Keras: encoders, label sets, n-grams and word vectors."""
