"""From lengths to masks."""

from typing import Any

from keras import ops


def length_mask(lengths: Any, time: int) -> Any:
    """The mask of right-padded rows.

    Args:
        lengths: Number of real tokens of each row, integer, (B,).
        time: T, the padded length.

    Returns:
        Boolean (B, T), `True` at real tokens.
    """
    return ops.expand_dims(ops.arange(time, dtype="int32"), 0) < ops.expand_dims(ops.cast(lengths, "int32"), 1)
