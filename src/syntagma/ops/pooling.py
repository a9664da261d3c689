"""Pooling of sequences (B, T, D) over time in which padding never takes part.

Masks are boolean (B, T), or `None` where every token is real; a row without any real token becomes zeros.
"""

from typing import Any

from keras import ops

from syntagma.ops.extremes import largest


def masked_max(sequences: Any, mask: Any | None = None) -> Any:
    """The largest value over time, (B, D)."""
    if mask is None:
        return largest(ops.convert_to_tensor(sequences), axis=1)
    mask = ops.expand_dims(ops.cast(mask, "bool"), -1)  # (B, T, 1)
    lowest = ops.full_like(sequences, _lowest(sequences))
    found = largest(ops.where(mask, sequences, lowest), axis=1)  # (B, D)
    return ops.where(ops.any(mask, axis=1), found, ops.zeros_like(found))


def masked_average(sequences: Any, mask: Any | None = None) -> Any:
    """The mean over time, (B, D)."""
    if mask is None:
        return ops.mean(sequences, axis=1)
    mask = ops.expand_dims(ops.cast(mask, "bool"), -1)  # (B, T, 1)
    # `where`, not a product: a padded position may hold infinity or NaN.
    total = ops.sum(ops.where(mask, sequences, ops.zeros_like(sequences)), axis=1)  # (B, D)
    count = ops.sum(ops.cast(mask, total.dtype), axis=1)  # (B, 1)
    return total / ops.maximum(count, 1)


def k_max(sequences: Any, count: int, mask: Any | None = None) -> Any:
    """The k largest values over time of each feature, in the order in which they stand there.

    (B, k, D); where fewer than k tokens are real, zeros stand behind them.

    Reference: Kalchbrenner, Grefenstette and Blunsom, A Convolutional Neural Network for Modelling Sentences, ACL 2014.
    """
    real = ops.ones(ops.shape(sequences)[:2], "bool") if mask is None else ops.cast(mask, "bool")
    real = ops.pad(real, ((0, 0), (0, count)))  # so that k values are there
    padded = ops.pad(sequences, ((0, 0), (0, count), (0, 0)))
    # Of equal values the first ones: `top_k` takes any, and the order of what is kept would depend on the padding.
    keys = ops.where(ops.expand_dims(real, 1), -ops.transpose(padded, (0, 2, 1)), float("inf"))
    places = ops.argsort(keys, axis=2)[:, :, :count]  # (B, D, k)
    time = ops.shape(padded)[1]
    steps = ops.arange(time, dtype="int32")
    # A real place keeps its number, others come behind all.
    order = ops.where(real, steps, steps + time)  # (B, T + k)
    places = ops.cast(places, "int32")
    wanted = ops.take_along_axis(ops.expand_dims(order, 1), places, axis=2)
    wanted = ops.transpose(ops.sort(wanted, axis=2), (0, 2, 1))  # (B, k, D)
    found = ops.take_along_axis(padded, wanted % time, axis=1)
    return ops.where(wanted < time, found, ops.zeros_like(found))


def last_state(sequences: Any, mask: Any | None = None) -> Any:
    """What stands at the last real token, (B, D)."""
    if mask is None:
        return sequences[:, -1]
    real = ops.cast(mask, "int32")
    last = largest(real * ops.arange(1, ops.shape(real)[1] + 1, dtype="int32"), axis=1)  # (B,), counted from 1
    found = ops.take_along_axis(sequences, ops.maximum(last - 1, 0)[:, None, None], axis=1)[:, 0]
    return ops.where(ops.expand_dims(last > 0, -1), found, ops.zeros_like(found))


def _lowest(tensor: Any) -> float:
    # Finite, and within the range of bfloat16 and float16: -inf would turn gradients of ties into NaN.
    return -6e4 if str(tensor.dtype).endswith("float16") and "bfloat16" not in str(tensor.dtype) else -3e38
