"""Penalties that make parts of a network learn different features."""

from typing import Any

from keras import ops

from syntagma.ops.attention import at_least_float32, clear_masked


def overlap_penalty(shared: Any, private: Any, mask: Any | None = None) -> Any:
    """Compute how much two feature spaces overlap, ||S' P / n||^2 (squared Frobenius norm).

    Args:
        shared: Shared features S, (B, D1) or (B, T, D1). Each text or real token is one of the n rows of S.
        private: Private features P of the same texts or tokens, (B, D2) or (B, T, D2).
        mask: Boolean mask (B, T), `True` at real tokens, or `None` if all tokens are real.

    Returns:
        Scalar penalty, which is 0 for orthogonal features and does not grow with the size of the batch.

    Reference: Bousmalis et al., Domain Separation Networks, 2016.
    """
    shared, private = at_least_float32(shared), at_least_float32(private)
    count = ops.cast(ops.prod(ops.shape(shared)[:-1]), shared.dtype)
    if mask is not None:
        shared, private = clear_masked(shared, mask), clear_masked(private, mask)
        count = ops.maximum(ops.sum(ops.cast(mask, shared.dtype)), 1)
    rows = [ops.reshape(one, (-1, one.shape[-1])) for one in (shared, private)]
    return ops.sum(ops.square(ops.matmul(ops.transpose(rows[0]), rows[1]) / count))
