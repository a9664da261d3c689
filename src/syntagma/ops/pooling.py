"""Pooling over time in which padding never takes part."""

from typing import Any

from keras import ops


def masked_max(sequences: Any, mask: Any | None = None) -> Any:
    """The largest value over time.

    Args:
        sequences: (B, T, D).
        mask: Boolean (B, T), or `None` where every token is real.

    Returns:
        (B, D); zeros for a row without any real token.
    """
    if mask is None:
        return ops.max(sequences, axis=1)
    mask = ops.expand_dims(ops.cast(mask, "bool"), -1)  # (B, T, 1)
    lowest = ops.full_like(sequences, _lowest(sequences))
    largest = ops.max(ops.where(mask, sequences, lowest), axis=1)  # (B, D)
    return ops.where(ops.any(mask, axis=1), largest, ops.zeros_like(largest))


def masked_average(sequences: Any, mask: Any | None = None) -> Any:
    """The mean over time.

    Args:
        sequences: (B, T, D).
        mask: Boolean (B, T), or `None` where every token is real.

    Returns:
        (B, D); zeros for a row without any real token.
    """
    if mask is None:
        return ops.mean(sequences, axis=1)
    mask = ops.expand_dims(ops.cast(mask, "bool"), -1)  # (B, T, 1)
    # `where`, not a product: a padded position may hold infinity or NaN.
    total = ops.sum(ops.where(mask, sequences, ops.zeros_like(sequences)), axis=1)  # (B, D)
    count = ops.sum(ops.cast(mask, total.dtype), axis=1)  # (B, 1)
    return total / ops.maximum(count, 1)


def _lowest(tensor: Any) -> float:
    # Finite, and within the range of bfloat16 and float16: -inf would turn gradients of ties into NaN.
    return -6e4 if str(tensor.dtype).endswith("float16") and "bfloat16" not in str(tensor.dtype) else -3e38
