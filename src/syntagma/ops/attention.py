"""Scores of attention, weights out of scores, and what is done with them.

B batch, T target time (queries), S source time (keys and values), D features, U width of the comparison
"""

from typing import Any

from keras import ops

from syntagma.ops.extremes import largest


def masked_softmax(scores: Any, mask: Any | None = None) -> Any:
    """Weights that sum to 1 over the last axis, exactly 0 where nothing real stands.

    Args:
        scores: (..., S), of any float type.
        mask: Boolean, of a shape that spreads over that of the scores; `None`: all are real.

    Returns:
        (..., S), of the type of the scores, computed in float32 at least; zeros where a row has nothing real.
    """
    kind = scores.dtype
    scores = at_least_float32(scores)
    if mask is not None:
        mask = ops.cast(mask, "bool")
        # Finite: a row without anything real would be NaN, here or in its gradient.
        scores = ops.where(mask, scores, ops.full_like(scores, -1e30))
    weights = ops.exp(scores - ops.stop_gradient(largest(scores, axis=-1, keepdims=True)))
    if mask is not None:
        weights = ops.where(mask, weights, ops.zeros_like(weights))
    total = ops.sum(weights, axis=-1, keepdims=True)
    return ops.cast(weights / ops.maximum(total, 1e-30), kind)


def additive_scores(queries: Any, keys: Any, direction: Any) -> Any:
    """e_ts = v' tanh(q_t + k_s), of queries W1 h (B, T, U) and keys W2 s (B, S, U) with v (U,): (B, T, S).

    Reference: Bahdanau, Cho and Bengio, Neural Machine Translation by Jointly Learning to Align and Translate, 2015.
    """
    return ops.matmul(ops.tanh(ops.expand_dims(queries, 2) + ops.expand_dims(keys, 1)), direction)


def dot_scores(queries: Any, keys: Any) -> Any:
    """e_ts = q_t' k_s: (B, T, U) and (B, S, U) to (B, T, S)."""
    return ops.matmul(queries, ops.transpose(keys, (0, 2, 1)))


def weighted_sum(weights: Any, values: Any, mask: Any | None = None) -> Any:
    """c_t = sum_s a_ts v_s: weights (B, T, S) and values (B, S, D) to (B, T, D).

    Where the mask (B, S) is `False`, values are not read, be they infinity.
    """
    return ops.matmul(weights, cleared(values, mask))


def cleared(sequences: Any, mask: Any | None) -> Any:
    """The sequences (..., D) with zeros where the mask (...) has `False`."""
    if mask is None:
        return sequences
    return ops.where(ops.expand_dims(ops.cast(mask, "bool"), -1), sequences, ops.zeros_like(sequences))


def redundancy(weights: Any) -> Any:
    """How much the hops of a self-attention look at the same tokens: ||A A' - I||^2, the squared Frobenius norm.

    Args:
        weights: A, (B, R, T), rows that sum to 1.

    Returns:
        (B,): 0 where each hop looks at one token of its own; r (r - 1) where all look at the same one. A row without
        any weight gets 0.

    Reference: Lin et al., A Structured Self-attentive Sentence Embedding, ICLR 2017.
    """
    weights = at_least_float32(weights)
    products = ops.matmul(weights, ops.transpose(weights, (0, 2, 1)))  # (B, R, R)
    found = ops.sum(ops.square(products - ops.eye(weights.shape[1], dtype=products.dtype)), axis=(1, 2))
    return ops.where(ops.any(weights > 0, axis=(1, 2)), found, ops.zeros_like(found))


def last_steps(sequences: Any, length: int) -> Any:
    """The L steps before each step, x_{t-L}, ..., x_{t-1}: (B, T, D) to (B, T, L, D), zeros before the beginning."""
    padded = ops.pad(sequences, ((0, 0), (length, 0), (0, 0)))
    time = ops.shape(sequences)[1]
    return ops.stack([padded[:, start : start + time] for start in range(length)], axis=2)


def last_steps_mask(sequences: Any, mask: Any | None, length: int) -> Any:
    """Which of `last_steps` are real: boolean (B, T, L)."""
    real = ops.ones(ops.shape(sequences)[:2], "int32") if mask is None else ops.cast(mask, "int32")
    return last_steps(ops.expand_dims(real, -1), length)[..., 0] > 0


def window_attention(
    queries: Any, keys: Any, values: Any, direction: Any, window: int, mask: Any | None = None
) -> tuple[Any, Any]:
    """Additive attention of each step to the last L before it: c_t = sum_l a_tl v_{t-L+l}.

    Args:
        queries: W2 k_t, (B, T, U).
        keys: W1 k_t, (B, T, U).
        values: v_t, (B, T, d); what stands at padding is not read, be it infinity.
        direction: w, (U,).
        window: L.
        mask: Boolean (B, T), or `None`.

    Returns:
        The contexts (B, T, d), and the weights (B, T, L), the oldest step first: zeros at padding, before the
        beginning, and for a step with nothing before it.

    Reference: Daniluk et al., Frustratingly Short Attention Spans in Neural Language Modeling, ICLR 2017.
    """
    scores = ops.matmul(ops.tanh(last_steps(keys, window) + ops.expand_dims(queries, 2)), direction)  # (B, T, L)
    real = last_steps_mask(values, mask, window)
    if mask is not None:
        real = ops.logical_and(real, ops.expand_dims(ops.cast(mask, "bool"), -1))
    weights = masked_softmax(scores, real)
    return ops.einsum("btl,btld->btd", weights, cleared(last_steps(values, window), real)), weights


def coverage_before(weights: Any) -> Any:
    """What each source position has got before a step: C_ts = sum over t' < t of a_t's, (B, T, S) to the same."""
    return ops.cumsum(weights, axis=1) - weights


def repeated_attention(weights: Any, mask: Any | None = None) -> Any:
    """The coverage loss of summarisation (B,): the mean over steps of sum_s min(a_ts, C_ts), of attention (B, T, S).

    It is 0 where no step looks where an earlier one did, and 1 at most. The mask (B, T) has the real target steps;
    without one, those are real that have any weight.

    Reference: See, Liu and Manning, Get To The Point, ACL 2017.
    """
    weights = at_least_float32(weights)
    repeated = ops.sum(ops.minimum(weights, coverage_before(weights)), axis=-1)  # (B, T)
    real = ops.cast(ops.any(weights > 0, axis=-1) if mask is None else mask, repeated.dtype)
    return ops.sum(repeated * real, axis=1) / ops.maximum(ops.sum(real, axis=1), 1)


def uneven_coverage(weights: Any, source_mask: Any | None = None) -> Any:
    """The coverage loss of translation (B,): sum_s (1 - sum_t a_ts)^2, for one look a source word.

    It is 0 where every source word gets a weight of 1 over all steps. Weights (B, T, S) are zeros at padded steps.

    Reference: Xu et al., Show, Attend and Tell, ICML 2015; Tu et al., Modeling Coverage for Neural Machine Translation,
    ACL 2016.
    """
    missing = ops.square(1 - ops.sum(at_least_float32(weights), axis=1))  # (B, S)
    return ops.sum(missing if source_mask is None else missing * ops.cast(source_mask, missing.dtype), axis=-1)


def at_least_float32(tensor: Any) -> Any:
    """The tensor in float32, or in float64 if it is that."""
    return tensor if "64" in str(tensor.dtype) else ops.cast(tensor, "float32")
