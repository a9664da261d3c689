"""What is added to a loss so that parts of a network do not do the same."""

from typing import Any

from keras import ops

from syntagma.ops.attention import at_least_float32, cleared


def overlap(shared: Any, private: Any, mask: Any | None = None) -> Any:
    """How much two spaces say the same: ||S' P / n||^2, the squared Frobenius norm.

    Args:
        shared: S, (B, D1) or (B, T, D1); its n rows are texts or real tokens.
        private: P, (B, D2) or (B, T, D2).
        mask: Boolean (B, T), or `None`.

    Returns:
        A number: 0 for orthogonal features; it does not grow with the batch.

    Reference: Bousmalis et al., Domain Separation Networks, 2016.
    """
    shared, private = at_least_float32(shared), at_least_float32(private)
    count = ops.cast(ops.prod(ops.shape(shared)[:-1]), shared.dtype)
    if mask is not None:
        shared, private = cleared(shared, mask), cleared(private, mask)
        count = ops.maximum(ops.sum(ops.cast(mask, shared.dtype)), 1)
    rows = [ops.reshape(one, (-1, one.shape[-1])) for one in (shared, private)]
    return ops.sum(ops.square(ops.matmul(ops.transpose(rows[0]), rows[1]) / count))
