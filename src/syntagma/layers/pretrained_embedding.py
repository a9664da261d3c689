"""Word vectors that somebody has trained."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, Self

import keras
import numpy as np
from keras import ops

from syntagma.errors import InputError
from syntagma.text.vectors import read_vectors

Tuning = Literal["none", "unknown", "all"]


@keras.saving.register_keras_serializable(package="syntagma")
class PretrainedEmbedding(keras.layers.Embedding):
    """An embedding whose rows come from a file of word vectors.

    `PretrainedEmbedding.from_file("glove.txt", words)` reads GloVe, word2vec or fastText files (`.gz` too) and keeps
    the rows of `words` only. Rows that the file has are equal to it bit for bit; a word that it lacks (looked up in
    lower case too) gets a row of normal numbers with the mean square of the rows that were found; row 0, of the
    padding, is zeros.

    Args:
        input_dim: V.
        output_dim: D.
        tune: "all": training changes every row. "unknown": only those of words that the file lacks; the file's rows
            then are a weight of their own, which no optimizer, weight decay or constraint reaches. "none": no row, as
            long as `trainable` is left alone.
        **options: As of `keras.layers.Embedding`, such as `mask_zero`.

    A layer made without a file has the weights of a plain embedding until it is given others: so a saved one loads.

    Raises:
        InputError: An unknown `tune`, or no words.
        DataError: A file that cannot be read.

    References: Kim, Convolutional Neural Networks for Sentence Classification, EMNLP 2014 (static and non-static);
    Reimers and Gurevych, 2017, for whom the vectors were the largest single factor.
    """

    def __init__(self, input_dim: int, output_dim: int, tune: Tuning = "all", **options: Any):
        if tune not in ("none", "unknown", "all"):
            raise InputError(f"`PretrainedEmbedding` needs a tune out of 'none', 'unknown' and 'all'; got {tune!r}.")
        super().__init__(input_dim, output_dim, **options)
        self.tune = tune
        self.coverage: float | None = None

    @classmethod
    def from_file(
        cls, path: str | Path, words: Sequence[str], tune: Tuning = "all", seed: int = 0, **options: Any
    ) -> Self:
        """The embedding of `words`, whose ids are their places; the first is the padding.

        Args:
            path: File of vectors.
            words: V words. What stands at place 0 is not looked up.
            tune: As of the class.
            seed: Of the rows of words that the file lacks.
            **options: As of `keras.layers.Embedding`.

        Returns:
            The layer, built; its `coverage` is the share of the words, without the padding, that the file has.
        """
        if len(words) < 2:
            raise InputError(f"`PretrainedEmbedding` needs the padding and a word at least; got {len(words)} words.")
        found = read_vectors(path, words[1:])
        matrix = np.zeros((len(words), found.matrix.shape[1]), np.float32)
        matrix[1:] = found.matrix
        scale = float(np.sqrt(np.mean(np.square(found.matrix[found.found])))) if found.found.any() else 0.05
        missing = np.flatnonzero(~found.found) + 1
        matrix[missing] = np.random.default_rng(seed).normal(0, scale, (len(missing), matrix.shape[1]))
        layer = cls(*matrix.shape, tune=tune, **options)
        layer.build(None)
        layer.embeddings.assign(matrix)
        layer.found.assign(np.concatenate([[1.0], found.found]))
        if tune == "unknown":
            layer.kept.assign(matrix)
        layer.coverage = found.coverage
        return layer

    def build(self, input_shape: Any = None) -> None:
        """Creates the vectors (V, D), and which of them come from a file, (V,)."""
        self.found = self.add_weight(shape=(self.input_dim,), initializer="zeros", trainable=False, name="found")
        if self.tune == "unknown":
            shape = (self.input_dim, self.output_dim)
            self.kept = self.add_weight(shape=shape, initializer="zeros", trainable=False, name="kept")
        super().build(input_shape)  # which ends what may be created
        if self.tune == "none":
            self._embeddings.trainable = False

    def call(self, inputs: Any) -> Any:
        """Returns the vectors (B, T, D)."""
        vectors = super().call(inputs)
        if self.tune == "all":
            return vectors
        if self.tune == "none":
            return ops.stop_gradient(vectors)
        ids = ops.cast(inputs, "int32")
        found = ops.expand_dims(ops.take(self.found, ids, axis=0), -1) > 0
        return ops.where(found, ops.cast(ops.take(self.kept, ids, axis=0), vectors.dtype), vectors)

    @property
    def variable_serialization_spec(self) -> dict[str | None, list[str]]:
        """Names of the weights that Keras' embeddings save; others would be lost without a word."""
        return {mode: [*names, "found", "kept"] for mode, names in super().variable_serialization_spec.items()}

    def get_config(self) -> dict[str, Any]:
        """What the constructor takes."""
        return {**super().get_config(), "tune": self.tune}
