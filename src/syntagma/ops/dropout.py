"""Dropout of words: pure functions of numbers that were drawn before."""

from typing import Any

from keras import ops


def drop_words(vectors: Any, drawn: Any, rate: float) -> Any:
    """Sets the vectors of some tokens to zero; the others are not rescaled.

    Args:
        vectors: (B, T, D).
        drawn: Uniform in [0, 1), (B, T); a token goes where it is under the rate.
        rate: Share of the tokens to drop.

    Returns:
        (B, T, D).

    Reference: Dai and Le, Semi-supervised Sequence Learning, 2015.
    """
    return ops.where(ops.expand_dims(drawn >= rate, -1), vectors, ops.zeros_like(vectors))


def drop_to_unknown(ids: Any, drawn: Any, rate: float, unknown: int, first: int) -> Any:
    """Reads some words as the unknown word.

    Args:
        ids: Integers (B, T).
        drawn: Uniform in [0, 1), (B, T); a word is replaced where it is under the rate.
        rate: Share of words to replace.
        unknown: The id of the unknown word.
        first: Ids below are no words and stay.

    Returns:
        (B, T), of the type of `ids`.
    """
    return ops.where(ops.logical_and(drawn < rate, ids >= first), ops.full_like(ids, unknown), ids)


def drop_word_types(vectors: Any, ids: Any, drawn: Any, rate: float) -> Any:
    """Sets the vectors of some words to zero, wherever they stand; the others are divided by 1 - rate.

    Args:
        vectors: (B, T, D).
        ids: Integers below V, (B, T).
        drawn: Uniform in [0, 1), (V,); a word goes where it is under the rate.
        rate: Share of the words to drop.

    Returns:
        (B, T, D).

    Reference: Gal and Ghahramani, A Theoretically Grounded Application of Dropout in Recurrent Neural Networks, 2016.
    """
    factors = ops.cast(drawn >= rate, vectors.dtype) / (1 - rate)
    return vectors * ops.expand_dims(ops.take(factors, ops.cast(ids, "int32"), axis=0), -1)
