"""Maximum, argmax and largest values: for batches without rows, fast in loops under PyTorch, and over large axes."""

from typing import Any

import numpy as np
from keras import ops

from syntagma import backend, programs

# Of a longer axis, groups of values are compared first.
_LONG, _GROUP = 1024, 8


def reduce_max(array: Any, axis: int, keepdims: bool = False) -> Any:
    """Return the maximum along an axis like `ops.max`, but also support batches without rows.

    Some backends raise an error when computing the maximum of such a batch.
    """
    if backend.name() == "torch":
        return array.amax(axis, keepdims)
    if 0 in tuple(array.shape):
        return ops.sum(array, axis=axis, keepdims=keepdims)  # empty, and of the right shape
    return ops.max(array, axis=axis, keepdims=keepdims)


def argmax_last(array: Any) -> Any:
    """Return the indices of the maxima along the last axis, as int32."""
    return array.argmax(-1).int() if backend.name() == "torch" else ops.cast(ops.argmax(array, axis=-1), "int32")


def largest(array: Any, count: int) -> tuple[Any, Any]:
    """Return the largest values along the last axis, the largest first, and their indices, like `ops.top_k`.

    With XLA on a CPU, a long axis is divided into groups, and only the `count` groups with the largest maxima are
    sorted. Equal values are then not always in the order of their indices.

    Args:
        array: Finite float32 values (..., N).
        count: Number of values to return, at most N.

    Returns:
        Values (..., count) and indices (..., count), int32.
    """
    size = array.shape[-1]
    columns = -(-size // _GROUP)
    if size < _LONG or count > columns or not programs.are_for_cpu():
        values, indices = ops.top_k(array, count)
        return values, ops.cast(indices, "int32")
    # Column c has the values c, c + columns, c + 2 columns, ...
    padding = [(0, 0)] * (len(array.shape) - 1) + [(0, columns * _GROUP - size)]
    lowest = float(np.finfo(np.float32).min)
    groups = ops.reshape(ops.pad(array, padding, constant_values=lowest), (*array.shape[:-1], _GROUP, columns))
    _, best = ops.top_k(ops.max(groups, axis=-2), count)
    best = ops.sort(ops.cast(best, "int32"), axis=-1)
    candidates = ops.take_along_axis(groups, ops.expand_dims(best, -2), axis=-1)  # (..., _GROUP, count)
    values, places = ops.top_k(ops.reshape(candidates, (*array.shape[:-1], _GROUP * count)), count)
    places = ops.cast(places, "int32")
    return values, places // count * columns + ops.take_along_axis(best, places % count, axis=-1)
