"""Maxima that support batches without rows, and that are cheap in a loop under PyTorch."""

from typing import Any

from keras import ops

from syntagma import backend


def reduce_max(array: Any, axis: int, keepdims: bool = False) -> Any:
    """Return `ops.max`, with support for a batch without rows, for which some backends have no maximum."""
    if backend.name() == "torch":
        return array.amax(axis, keepdims)
    if 0 in tuple(array.shape):
        return ops.sum(array, axis=axis, keepdims=keepdims)  # empty, and of the right shape
    return ops.max(array, axis=axis, keepdims=keepdims)


def argmax_last(array: Any) -> Any:
    """Return `ops.argmax` along the last axis, int32."""
    return array.argmax(-1).int() if backend.name() == "torch" else ops.cast(ops.argmax(array, axis=-1), "int32")
