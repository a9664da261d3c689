"""Dropout of words: functions of numbers that were drawn before, uniform in [0, 1); what is under the rate goes."""

from typing import Any

from keras import ops


def drop_words(vectors: Any, drawn: Any, rate: float) -> Any:
    """Sets the vectors (B, T, D) of some tokens to zero; the others are not rescaled. Drawn are (B, T).

    Reference: Dai and Le, Semi-supervised Sequence Learning, 2015.
    """
    return ops.where(ops.expand_dims(drawn >= rate, -1), vectors, ops.zeros_like(vectors))


def drop_to_unknown(ids: Any, drawn: Any, rate: float, unknown: int, first: int) -> Any:
    """Reads some of the words (B, T) as the unknown word; ids below `first` are no words and stay."""
    return ops.where(ops.logical_and(drawn < rate, ids >= first), ops.full_like(ids, unknown), ids)


def drop_word_types(vectors: Any, ids: Any, drawn: Any, rate: float) -> Any:
    """Sets the vectors of some words to zero, wherever they stand; the others are divided by 1 - rate.

    Vectors are (B, T, D), ids (B, T) are below V, and one number (V,) is drawn for each word.

    Reference: Gal and Ghahramani, A Theoretically Grounded Application of Dropout in Recurrent Neural Networks, 2016.
    """
    factors = ops.cast(drawn >= rate, vectors.dtype) / (1 - rate)
    return vectors * ops.expand_dims(ops.take(factors, ops.cast(ids, "int32"), axis=0), -1)
