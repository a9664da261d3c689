"""Attention: scores, weights, weighted sums of values, and losses on the weights.

Axes: B batch, T target time (queries), S source time (keys and values), D features, U width of the score's hidden
layer. Masks are boolean, `True` at real positions.
"""

from typing import Any

import keras
from keras import ops

from syntagma import programs
from syntagma.ops.extremes import reduce_max

# Additive scores are computed for one source position after the other from these sizes on: values per position, or
# values in total.
_LARGE_STEP, _LARGE_TOTAL = 1 << 18, 1 << 24


def masked_softmax(scores: Any, mask: Any | None = None) -> Any:
    """Compute the softmax over the last axis, with a probability of exactly 0 at masked positions.

    Args:
        scores: Scores (..., S), of any float dtype.
        mask: Boolean tensor that broadcasts to the scores, or `None` if all positions are real.

    Returns:
        Weights (..., S) in the dtype of the scores, computed in float32 or float64. The weights of a row sum to 1, or
        are all zero if the row has no real position.
    """
    dtype = scores.dtype
    scores = at_least_float32(scores)
    if mask is not None:
        mask = ops.cast(mask, "bool")
        # Finite, because -inf would turn a row without real positions, or its gradient, into NaN.
        scores = ops.where(mask, scores, ops.full_like(scores, -1e30))
    weights = ops.exp(scores - ops.stop_gradient(reduce_max(scores, axis=-1, keepdims=True)))
    if mask is not None:
        weights = ops.where(mask, weights, ops.zeros_like(weights))
    total = ops.sum(weights, axis=-1, keepdims=True)
    return ops.cast(weights / ops.maximum(total, 1e-30), dtype)


def additive_scores(queries: Any, keys: Any, direction: Any) -> Any:
    """Compute additive attention scores, e_ts = v' tanh(q_t + k_s).

    Args:
        queries: Projected queries W1 h, (B, T, U).
        keys: Projected keys W2 s, (B, S, U).
        direction: Vector v, (U,).

    Returns:
        Scores (B, T, S).

    Reference: Bahdanau, Cho and Bengio, Neural Machine Translation by Jointly Learning to Align and Translate, 2015.
    """
    if _is_large(queries, keys):
        return _scores_by_position(queries, keys, ops.convert_to_tensor(direction))
    return ops.matmul(ops.tanh(ops.expand_dims(queries, 2) + ops.expand_dims(keys, 1)), direction)


def _is_large(queries: Any, keys: Any) -> bool:
    """Return whether one array of all values (B, T, S, U) would be slow with XLA on a CPU.

    It does not fit into the cache, and XLA computes its gradient with respect to the queries and the keys slowly.
    """
    sizes = (*queries.shape, keys.shape[1])
    if not programs.are_for_cpu() or not all(type(size) is int for size in sizes):
        return False
    rows, time, units, places = sizes
    step = rows * time * units
    return step >= _LARGE_STEP or step * places > _LARGE_TOTAL


def _scores_by_position(queries: Any, keys: Any, direction: Any) -> Any:
    """Compute additive scores in a loop over the source positions, whose values are computed again for the gradients.

    Only the values (B, T, U) of one position exist at a time.
    """

    @keras.remat
    def score(queries: Any, key: Any, direction: Any) -> Any:
        return ops.sum(ops.tanh(queries + ops.expand_dims(key, 1)) * direction, axis=-1)

    _, scores = ops.scan(
        lambda carry, key: (carry, score(queries, key, direction)), ops.zeros(()), ops.moveaxis(keys, 1, 0)
    )
    return ops.moveaxis(scores, 0, 2)


def dot_scores(queries: Any, keys: Any) -> Any:
    """Compute dot-product attention scores, e_ts = q_t' k_s.

    Args:
        queries: Queries q, (B, T, U).
        keys: Keys k, (B, S, U).

    Returns:
        Scores (B, T, S).
    """
    return ops.matmul(queries, ops.transpose(keys, (0, 2, 1)))


def weighted_sum(weights: Any, values: Any, mask: Any | None = None) -> Any:
    """Compute attention contexts, c_t = sum_s a_ts v_s.

    Args:
        weights: Attention weights a, (B, T, S).
        values: Values v, (B, S, D). Values at masked positions are not read, so they may be infinite or NaN.
        mask: Boolean mask of the values (B, S), or `None` if all positions are real.

    Returns:
        Contexts (B, T, D).
    """
    return ops.matmul(weights, clear_masked(values, mask))


def clear_masked(sequences: Any, mask: Any | None) -> Any:
    """Set the vectors (..., D) at masked positions to zero.

    The mask has shape (...). If it is `None`, the vectors are returned unchanged.
    """
    if mask is None:
        return sequences
    return ops.where(ops.expand_dims(ops.cast(mask, "bool"), -1), sequences, ops.zeros_like(sequences))


def redundancy(weights: Any) -> Any:
    """Compute how much the hops of a self-attention overlap, ||A A' - I||^2 (squared Frobenius norm).

    Args:
        weights: Attention weights A, (B, R, T), with one row per hop. Each row sums to 1.

    Returns:
        Overlaps (B,). The overlap is 0 if each hop attends to a different single token, and R (R - 1) if all hops
        attend to the same single token. For a text whose weights are all zero, it is 0.

    Reference: Lin et al., A Structured Self-attentive Sentence Embedding, ICLR 2017.
    """
    weights = at_least_float32(weights)
    products = ops.matmul(weights, ops.transpose(weights, (0, 2, 1)))  # (B, R, R)
    norm = ops.sum(ops.square(products - ops.eye(weights.shape[1], dtype=products.dtype)), axis=(1, 2))
    return ops.where(ops.any(weights > 0, axis=(1, 2)), norm, ops.zeros_like(norm))


def last_steps(sequences: Any, length: int) -> Any:
    """Return the last L steps before each step, x_{t-L}, ..., x_{t-1}, with zeros before the start.

    Args:
        sequences: Vectors x, (B, T, D).
        length: Number of steps L.

    Returns:
        Vectors (B, T, L, D), the oldest step first.
    """
    padded = ops.pad(sequences, ((0, 0), (length, 0), (0, 0)))
    time = ops.shape(sequences)[1]
    return ops.stack([padded[:, start : start + time] for start in range(length)], axis=2)


def last_steps_mask(sequences: Any, mask: Any | None, length: int) -> Any:
    """Return a boolean tensor (B, T, L) that is `True` at the real steps in the result of `last_steps`."""
    real = ops.ones(ops.shape(sequences)[:2], "int32") if mask is None else ops.cast(mask, "int32")
    return last_steps(ops.expand_dims(real, -1), length)[..., 0] > 0


def window_attention(
    queries: Any, keys: Any, values: Any, direction: Any, window: int, mask: Any | None = None
) -> tuple[Any, Any]:
    """Apply additive attention from each step to the L steps before it, c_t = sum_l a_tl v_{t-L+l}.

    Args:
        queries: Projected queries W2 k_t, (B, T, U).
        keys: Projected keys W1 k_t, (B, T, U).
        values: Values v_t, (B, T, d). Values at padding are not read, so they may be infinite or NaN.
        direction: Vector w of the attention scores, a_tl proportional to exp(w' tanh(W1 k_{t-L+l} + W2 k_t)), (U,).
        window: Number of steps L.
        mask: Boolean mask (B, T), `True` at real steps, or `None` if all steps are real.

    Returns:
        Contexts (B, T, d), and weights (B, T, L) with the oldest step first. Weights are zero at padding, before the
        start of the text, and at steps without a real step in the window.

    Reference: Daniluk et al., Frustratingly Short Attention Spans in Neural Language Modeling, ICLR 2017.
    """
    scores = ops.matmul(ops.tanh(last_steps(keys, window) + ops.expand_dims(queries, 2)), direction)  # (B, T, L)
    real = last_steps_mask(values, mask, window)
    if mask is not None:
        real = ops.logical_and(real, ops.expand_dims(ops.cast(mask, "bool"), -1))
    weights = masked_softmax(scores, real)
    return ops.einsum("btl,btld->btd", weights, clear_masked(last_steps(values, window), real)), weights


def previous_coverage(weights: Any) -> Any:
    """Compute the coverage before each step, C_ts = sum over t' < t of a_t's, from attention weights a.

    Weights and coverage have the shape (B, T, S).
    """
    return ops.cumsum(weights, axis=1) - weights


def repetition_loss(weights: Any, mask: Any | None = None) -> Any:
    """Compute the coverage loss of summarisation, the mean over target steps of sum_s min(a_ts, C_ts).

    Args:
        weights: Attention weights (B, T, S).
        mask: Boolean mask of the target steps (B, T). By default, a step is real if any of its weights is above 0.

    Returns:
        Losses (B,) from 0 to 1. The loss is 0 if no step attends to a position that an earlier step attended to.

    Reference: See, Liu and Manning, Get To The Point, ACL 2017.
    """
    weights = at_least_float32(weights)
    repeated = ops.sum(ops.minimum(weights, previous_coverage(weights)), axis=-1)  # (B, T)
    real = ops.cast(ops.any(weights > 0, axis=-1) if mask is None else mask, repeated.dtype)
    return ops.sum(repeated * real, axis=1) / ops.maximum(ops.sum(real, axis=1), 1)


def uneven_coverage_loss(weights: Any, source_mask: Any | None = None) -> Any:
    """Compute the coverage loss of translation, sum_s (1 - sum_t a_ts)^2.

    Args:
        weights: Attention weights (B, T, S), zero at padded target steps.
        source_mask: Boolean mask of the source positions (B, S), or `None` if all positions are real.

    Returns:
        Losses (B,). The loss is 0 if the weights of each source position sum to 1 over all target steps.

    References: Xu et al., Show, Attend and Tell, ICML 2015; Tu et al., Modeling Coverage for Neural Machine
    Translation, ACL 2016.
    """
    missing = ops.square(1 - ops.sum(at_least_float32(weights), axis=1))  # (B, S)
    return ops.sum(missing if source_mask is None else missing * ops.cast(source_mask, missing.dtype), axis=-1)


def at_least_float32(tensor: Any) -> Any:
    """Convert a tensor to float32, unless it is float64."""
    return tensor if "64" in str(tensor.dtype) else ops.cast(tensor, "float32")
