"""Dropout of words.

The functions take uniform random numbers in [0, 1), called `noise`. A word is dropped if its noise is below the rate.
"""

from typing import Any

from keras import ops


def drop_words(vectors: Any, noise: Any, rate: float) -> Any:
    """Set the vectors of randomly chosen tokens to zero, without rescaling the other vectors.

    Args:
        vectors: Vectors (B, T, D).
        noise: Random number for each token, (B, T).
        rate: Share of the tokens to drop, in [0, 1).

    Reference: Dai and Le, Semi-supervised Sequence Learning, 2015.
    """
    return ops.where(ops.expand_dims(noise >= rate, -1), vectors, ops.zeros_like(vectors))


def drop_to_unknown(ids: Any, noise: Any, rate: float, unknown: int, first: int) -> Any:
    """Replace randomly chosen words with the unknown word.

    Args:
        ids: Token ids (B, T).
        noise: Random number for each token, (B, T).
        rate: Share of the words to replace, in [0, 1).
        unknown: Id of the unknown word.
        first: Id of the first real word; lower ids are kept.
    """
    return ops.where(ops.logical_and(noise < rate, ids >= first), ops.full_like(ids, unknown), ids)


def drop_word_types(vectors: Any, ids: Any, noise: Any, rate: float) -> Any:
    """Set the vectors of randomly chosen vocabulary words to zero wherever they occur, and rescale the other vectors.

    Args:
        vectors: Vectors (B, T, D). Vectors that are kept are divided by 1 - rate.
        ids: Token ids (B, T), below V.
        noise: Random number for each word of the vocabulary, (V,).
        rate: Share of the vocabulary to drop, in [0, 1).

    Reference: Gal and Ghahramani, A Theoretically Grounded Application of Dropout in Recurrent Neural Networks, 2016.
    """
    factors = ops.cast(noise >= rate, vectors.dtype) / (1 - rate)
    return vectors * ops.expand_dims(ops.take(factors, ops.cast(ids, "int32"), axis=0), -1)
