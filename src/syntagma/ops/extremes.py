"""Maxima that batches without rows have too."""

from typing import Any

from keras import ops


def largest(array: Any, axis: int, keepdims: bool = False) -> Any:
    """Return `ops.max`, also of a batch without rows, for which some backends have no maximum."""
    if 0 in tuple(array.shape):
        return ops.sum(array, axis=axis, keepdims=keepdims)  # of the right shape, and as empty
    return ops.max(array, axis=axis, keepdims=keepdims)
