"""Averaged word vectors: a bag of words."""

from typing import Any, Literal

import keras
from pydantic import Field

from syntagma.config import Config
from syntagma.layers import MaskedAveragePooling1D


class AverageConfig(Config):
    """Mean of the word vectors and, optionally, of n-gram vectors, as in fastText (Joulin et al., 2017).

    Attributes:
        kind: Architecture of the network, always `average`.
        ngram_size: Length of the embedding vectors of n-grams, whose mean is concatenated with the mean of the word
            vectors. 0 for no n-gram vectors. Needs `text.ngrams`.
        dropout: Dropout rate of the averaged vectors, from 0 to below 1.
    """

    kind: Literal["average"] = "average"
    ngram_size: int = Field(0, ge=0)
    dropout: float = Field(0.0, ge=0, lt=1)


def averages(vectors: Any, mask: Any, ngrams: Any | None, ngram_ids: int, config: AverageConfig) -> Any:
    """Return the mean word vector of each text, concatenated with the mean n-gram vector.

    Args:
        vectors: Word vectors (B, T, D).
        mask: Mask (B, T), `True` for real tokens; other positions are ignored.
        ngrams: Ids of n-grams (B, N), 0 for padding, or `None`.
        ngram_ids: Number of n-gram ids.
        config: Settings of the network.

    Returns:
        Tensor (B, D + ngram_size), or (B, D) without n-gram vectors.
    """
    mean = MaskedAveragePooling1D(name="average_pooling")(vectors, mask=mask)
    if ngrams is None or not config.ngram_size:
        return mean
    embedding = keras.layers.Embedding(ngram_ids, config.ngram_size, name="ngram_embedding")
    ngram_mean = MaskedAveragePooling1D(name="ngram_pooling")(embedding(ngrams), mask=keras.ops.not_equal(ngrams, 0))
    return keras.layers.Concatenate(name="averages")([mean, ngram_mean])
