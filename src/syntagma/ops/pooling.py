"""Pooling of sequences (B, T, D) over time that ignores padding.

Masks are boolean (B, T), or `None` if every token is real. The result for a text without real tokens is zero.
"""

from typing import Any

from keras import ops

from syntagma.ops.extremes import reduce_max


def masked_max(sequences: Any, mask: Any | None = None) -> Any:
    """Return the maximum of each feature over the real tokens of each text, (B, D)."""
    if mask is None:
        return reduce_max(ops.convert_to_tensor(sequences), axis=1)
    mask = ops.expand_dims(ops.cast(mask, "bool"), -1)  # (B, T, 1)
    lowest = ops.full_like(sequences, _lowest(sequences))
    highest = reduce_max(ops.where(mask, sequences, lowest), axis=1)  # (B, D)
    return ops.where(ops.any(mask, axis=1), highest, ops.zeros_like(highest))


def masked_average(sequences: Any, mask: Any | None = None) -> Any:
    """Return the mean of each feature over the real tokens of each text, (B, D)."""
    if mask is None:
        return ops.mean(sequences, axis=1)
    mask = ops.expand_dims(ops.cast(mask, "bool"), -1)  # (B, T, 1)
    # `where`, not a product: a padded position may hold infinity or NaN.
    total = ops.sum(ops.where(mask, sequences, ops.zeros_like(sequences)), axis=1)  # (B, D)
    count = ops.sum(ops.cast(mask, total.dtype), axis=1)  # (B, 1)
    return total / ops.maximum(count, 1)


def k_max(sequences: Any, count: int, mask: Any | None = None) -> Any:
    """Return the k largest values of each feature over time, in their original order.

    Args:
        sequences: Features (B, T, D).
        count: Number of values k.
        mask: Boolean mask (B, T), `True` at real tokens, or `None` if all tokens are real.

    Returns:
        Values (B, k, D). If a text has fewer than k real tokens, zeros follow the values of these tokens.

    Reference: Kalchbrenner, Grefenstette and Blunsom, A Convolutional Neural Network for Modelling Sentences, ACL 2014.
    """
    real = ops.ones(ops.shape(sequences)[:2], "bool") if mask is None else ops.cast(mask, "bool")
    real = ops.pad(real, ((0, 0), (0, count)))  # at least k values per text
    padded = ops.pad(sequences, ((0, 0), (0, count), (0, 0)))
    # Sorting takes the first of equal values. `top_k` takes any of them, so its result would depend on the padding.
    keys = ops.where(ops.expand_dims(real, 1), -ops.transpose(padded, (0, 2, 1)), float("inf"))
    positions = ops.argsort(keys, axis=2)[:, :, :count]  # (B, D, k)
    time = ops.shape(padded)[1]
    steps = ops.arange(time, dtype="int32")
    # Real positions keep their indices, and padded positions follow.
    order = ops.where(real, steps, steps + time)  # (B, T + k)
    positions = ops.cast(positions, "int32")
    kept = ops.take_along_axis(ops.expand_dims(order, 1), positions, axis=2)
    kept = ops.transpose(ops.sort(kept, axis=2), (0, 2, 1))  # (B, k, D)
    values = ops.take_along_axis(padded, kept % time, axis=1)
    return ops.where(kept < time, values, ops.zeros_like(values))


def last_state(sequences: Any, mask: Any | None = None) -> Any:
    """Return the vector of the last real token of each text, (B, D)."""
    if mask is None:
        return sequences[:, -1]
    real = ops.cast(mask, "int32")
    last = reduce_max(real * ops.arange(1, ops.shape(real)[1] + 1, dtype="int32"), axis=1)  # (B,), counted from 1
    state = ops.take_along_axis(sequences, ops.maximum(last - 1, 0)[:, None, None], axis=1)[:, 0]
    return ops.where(ops.expand_dims(last > 0, -1), state, ops.zeros_like(state))


def _lowest(tensor: Any) -> float:
    # Finite, and within the range of bfloat16 and float16: -inf would turn gradients of ties into NaN.
    return -6e4 if str(tensor.dtype).endswith("float16") and "bfloat16" not in str(tensor.dtype) else -3e38
