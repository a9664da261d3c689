"""Maxima that batches without rows have too, and that cost PyTorch little in a loop."""

from typing import Any

from keras import ops

from syntagma import backend


def largest(array: Any, axis: int, keepdims: bool = False) -> Any:
    """Return `ops.max`, also of a batch without rows, for which some backends have no maximum."""
    if backend.name() == "torch":
        return array.amax(axis, keepdims)
    if 0 in tuple(array.shape):
        return ops.sum(array, axis=axis, keepdims=keepdims)  # of the right shape, and as empty
    return ops.max(array, axis=axis, keepdims=keepdims)


def place_of_largest(array: Any) -> Any:
    """Return `ops.argmax` along the last axis, int32."""
    return array.argmax(-1).int() if backend.name() == "torch" else ops.cast(ops.argmax(array, axis=-1), "int32")
