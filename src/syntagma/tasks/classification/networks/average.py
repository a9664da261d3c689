"""A network that averages the word vectors of a text, and optionally the vectors of its n-grams."""

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
            vectors. 0 turns n-gram vectors off. Values above 0 need `text.ngrams`.
        dropout: Dropout rate of the averaged vectors, from 0 to below 1.
    """

    kind: Literal["average"] = "average"
    ngram_size: int = Field(0, ge=0)
    dropout: float = Field(0.0, ge=0, lt=1)


def averages(vectors: Any, mask: Any, ngrams: Any | None, ngram_ids: int, config: AverageConfig) -> Any:
    """Return the mean word vector of each text, concatenated with the mean n-gram vector if there are n-grams.

    Args:
        vectors: Word vectors (B, T, D).
        mask: Mask (B, T), `True` for real tokens. Other positions are ignored.
        ngrams: Ids of n-grams (B, N), where 0 is padding, or `None` for a model without n-grams.
        ngram_ids: Number of n-gram ids, including 0.
        config: Settings of the network.

    Returns:
        Tensor (B, D + ngram_size), or (B, D) if `ngrams` is `None` or `ngram_size` is 0.
    """
    mean = MaskedAveragePooling1D(name="average_pooling")(vectors, mask=mask)
    if ngrams is None or not config.ngram_size:
        return mean
    embedding = keras.layers.Embedding(ngram_ids, config.ngram_size, name="ngram_embedding")
    ngram_mean = MaskedAveragePooling1D(name="ngram_pooling")(embedding(ngrams), mask=keras.ops.not_equal(ngrams, 0))
    return keras.layers.Concatenate(name="averages")([mean, ngram_mean])
