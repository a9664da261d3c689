"""Masks of padded texts."""

from typing import Any

from keras import ops


def length_mask(lengths: Any, time: int) -> Any:
    """Return the mask of right-padded texts.

    Args:
        lengths: Number of real tokens of each text, as integers (B,).
        time: Padded length T.

    Returns:
        Boolean mask (B, T), `True` at real tokens.
    """
    return ops.expand_dims(ops.arange(time, dtype="int32"), 0) < ops.expand_dims(ops.cast(lengths, "int32"), 1)
