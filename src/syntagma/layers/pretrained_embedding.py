"""Embedding layer that is initialised with pretrained word vectors."""

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
    """Embedding with pretrained word vectors from a file.

    Create the layer with `PretrainedEmbedding.from_file("glove.txt", words)`. This method reads files in GloVe,
    word2vec or fastText format, optionally compressed (`.gz`), and keeps only the vectors of `words`, unchanged. A word
    that is missing from the file is looked up in lower case. If the lower-case form is missing too, the word gets a
    random vector from a normal distribution with the same mean square as the vectors that were found. Row 0, the
    padding, is zero.

    The constructor is used for loading saved models. It creates the weights of a plain embedding, which are then
    replaced with the saved weights.

    Args:
        input_dim: Positive integer V, number of rows.
        output_dim: Positive integer D, width of the vectors.
        tune: Vectors that are trained. "all" (default) trains all vectors. "unknown" trains only the vectors of words
            that are missing from the file. The other vectors are then kept in a separate weight, which no optimizer,
            weight decay or constraint changes. "none" trains no vectors.
        **options: Arguments of `keras.layers.Embedding`, such as `mask_zero`.

    Input shape:
        Integer ids (B, T).

    Output shape:
        (B, T, D). With `mask_zero=True`, the layer computes a mask.

    Raises:
        InputError: If `tune` is unknown, or `words` contains no word besides the padding.
        DataError: If the file cannot be read.

    References: Kim, Convolutional Neural Networks for Sentence Classification, EMNLP 2014 (static and non-static
    vectors); Reimers and Gurevych, 2017, who found the choice of vectors to be the most important factor.

    Example:
        >>> from syntagma import layers
        >>> words = ["", "the", "film", "plot"]  # the ids are the positions in the list
        >>> embedding = layers.PretrainedEmbedding.from_file("glove.txt", words, mask_zero=True)  # doctest: +SKIP
    """

    def __init__(self, input_dim: int, output_dim: int, tune: Tuning = "all", **options: Any):
        if tune not in ("none", "unknown", "all"):
            raise InputError(f"`PretrainedEmbedding` needs a tune of 'none', 'unknown' or 'all'; got {tune!r}.")
        super().__init__(input_dim, output_dim, **options)
        self.tune = tune
        self.coverage: float | None = None

    @classmethod
    def from_file(
        cls, path: str | Path, words: Sequence[str], tune: Tuning = "all", seed: int = 0, **options: Any
    ) -> Self:
        """Create an embedding for a list of words and initialise it with the word vectors in a file.

        Args:
            path: Path of the file with word vectors.
            words: List of V words. The id of a word is its index in the list. The first entry is the padding, which is
                not looked up in the file.
            tune: Vectors that are trained: "all" (default), "unknown" or "none", as described in `PretrainedEmbedding`.
            seed: Integer seed of the random vectors of words that are missing from the file. Defaults to 0.
            **options: Arguments of `keras.layers.Embedding`.

        Returns:
            Embedding layer with weights. Its attribute `coverage` is the fraction of the words, not counting the
            padding, that were found in the file.

        Raises:
            InputError: If `tune` is unknown, or `words` contains no word besides the padding.
            DataError: If the file cannot be read.
        """
        if len(words) < 2:
            raise InputError(f"`PretrainedEmbedding` needs the padding and at least one word; got {len(words)} words.")
        vectors = read_vectors(path, words[1:])
        matrix = np.zeros((len(words), vectors.matrix.shape[1]), np.float32)
        matrix[1:] = vectors.matrix
        scale = float(np.sqrt(np.mean(np.square(vectors.matrix[vectors.found])))) if vectors.found.any() else 0.05
        missing = np.flatnonzero(~vectors.found) + 1
        matrix[missing] = np.random.default_rng(seed).normal(0, scale, (len(missing), matrix.shape[1]))
        layer = cls(*matrix.shape, tune=tune, **options)
        layer.build(None)
        layer.embeddings.assign(matrix)
        layer.found.assign(np.concatenate([[1.0], vectors.found]))
        if tune == "unknown":
            layer.kept.assign(matrix)
        layer.coverage = vectors.coverage
        return layer

    def build(self, input_shape: Any = None) -> None:
        """Create the vectors (V, D), and `found` (V,), which flags the rows whose vectors come from a file.

        With `tune="unknown"`, also create `kept` (V, D), which holds the vectors of these rows so that training cannot
        change them.
        """
        self.found = self.add_weight(shape=(self.input_dim,), initializer="zeros", trainable=False, name="found")
        if self.tune == "unknown":
            shape = (self.input_dim, self.output_dim)
            self.kept = self.add_weight(shape=shape, initializer="zeros", trainable=False, name="kept")
        super().build(input_shape)  # last, because no weights can be added after it
        if self.tune == "none":
            self._embeddings.trainable = False

    def call(self, inputs: Any) -> Any:
        """Return the vectors (B, T, D)."""
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
        """Names of the weights to save in each quantization mode: those of Keras' embedding plus `found` and `kept`."""
        return {mode: [*names, "found", "kept"] for mode, names in super().variable_serialization_spec.items()}

    def get_config(self) -> dict[str, Any]:
        """Return the layer's configuration."""
        return {**super().get_config(), "tune": self.tune}
