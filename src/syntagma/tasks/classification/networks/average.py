"""Averaged vectors: the text as a bag."""

from typing import Any, Literal

import keras
from pydantic import Field

from syntagma.config import Config
from syntagma.layers import MaskedAveragePooling1D


class AverageConfig(Config):
    """The mean of the word vectors and, where there are n-grams, of vectors of their own (Joulin et al., 2017).

    Attributes:
        ngram_size: Length of an n-gram's vector; 0 leaves them to the n-gram branch alone.
        dropout: Dropout of the averages.
    """

    kind: Literal["average"] = "average"
    ngram_size: int = Field(0, ge=0)
    dropout: float = Field(0.0, ge=0, lt=1)


def averages(vectors: Any, mask: Any, ngrams: Any | None, ngram_ids: int, config: AverageConfig) -> Any:
    """Return the mean of the word vectors (B, T, D) under a mask (B, T), next to the mean n-gram vector.

    The ids of n-grams (B, N), of which there are `ngram_ids`, have 0 for padding. The result is (B, D + ngram_size), or
    (B, D) without n-grams.
    """
    mean = MaskedAveragePooling1D(name="average_pooling")(vectors, mask=mask)
    if ngrams is None or not config.ngram_size:
        return mean
    embedding = keras.layers.Embedding(ngram_ids, config.ngram_size, name="ngram_embedding")
    ngram_mean = MaskedAveragePooling1D(name="ngram_pooling")(embedding(ngrams), mask=keras.ops.not_equal(ngrams, 0))
    return keras.layers.Concatenate(name="averages")([mean, ngram_mean])
