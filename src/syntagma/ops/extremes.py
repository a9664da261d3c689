"""Maximum and argmax functions that support batches without rows and are fast in loops under PyTorch."""

from typing import Any

from keras import ops

from syntagma import backend


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
