"""Cross-entropy of a softmax over a large vocabulary, computed in blocks of rows.

The logits of all target words are the largest array of a training step. Here, only those of one block exist at a time,
and they stay in the cache of the processor. The gradients are computed together with the loss, so that the logits are
needed only once, and rows without weight are skipped.
"""

from typing import Any

from keras import ops

# Rows of a block. Larger vocabularies need larger blocks, because each block adds to the gradient of the matrix.
_ROWS, _MANY_ROWS = 128, 384
_LARGE = 8192


def softmax_loss(
    states: Any, matrix: Any, bias: Any, targets: Any, weights: Any, smoothing: float = 0.0, rows: int | None = None
) -> Any:
    """Compute the weighted sum of the cross-entropies of target words, with label smoothing.

        loss = sum over i of w_i (-(1 - e) log p_i(y_i) - e mean over the vocabulary of log p_i),
        p_i = softmax(E h_i + b)

    There are no gradients with respect to the weights w, and no forward-mode derivatives.

    Args:
        states: States h, float32 (N, D).
        matrix: Vectors E of the words, float32 (V, D).
        bias: Bias b, float32 (V,).
        targets: Ids y of the target words, int32 (N,).
        weights: Weights w, float32 (N,). Rows with a weight of 0 may contain anything, such as NaN.
        smoothing: Strength e of the label smoothing, in [0, 1).
        rows: Number of rows per block. By default, it depends on V.

    Returns:
        The loss, a scalar.

    References: Szegedy et al., Rethinking the Inception Architecture for Computer Vision, CVPR 2016 (label smoothing);
    Hsu et al., Liger Kernel: Efficient Triton Kernels for LLM Training, 2024 (blocks with their gradients).
    """
    size = matrix.shape[0]
    rows = rows or (_ROWS if size <= _LARGE else _MANY_ROWS)

    def compute(states: Any, matrix: Any, bias: Any) -> Any:
        total, *gradients = _loss_with_gradients(states, matrix, bias, targets, weights, smoothing, rows)

        def gradient(*arguments: Any, upstream: Any = None) -> Any:
            factor = arguments[0] if upstream is None else upstream
            return tuple(one * factor for one in gradients)

        return total, gradient

    return ops.custom_gradient(compute)(states, matrix, bias)


def _loss_with_gradients(
    states: Any, matrix: Any, bias: Any, targets: Any, weights: Any, smoothing: float, rows: int
) -> tuple[Any, Any, Any, Any]:
    """Return the loss, and its gradients with respect to the states, the matrix and the bias."""
    count, width = ops.shape(states)
    size = matrix.shape[0]
    skipped = ops.equal(weights, 0)
    real = ops.sum(ops.cast(ops.logical_not(skipped), "int32"))
    order = ops.argsort(ops.cast(skipped, "int32"))  # rows with a weight first
    padding = -count % rows or (0 if count else rows)  # at least one block

    def arrange(array: Any) -> Any:
        sorted_rows = ops.take(array, order, axis=0)
        return ops.pad(sorted_rows, [(0, padding), *[(0, 0)] * (len(array.shape) - 1)])

    states = ops.where(ops.expand_dims(skipped, 1), ops.zeros_like(states), states)
    targets = ops.where(skipped, 0, ops.cast(targets, "int32"))
    states, targets, weights = (arrange(one) for one in (states, targets, weights))
    transposed = ops.transpose(matrix)
    places = ops.arange(rows, dtype="int32")

    def step(start: Any, total: Any, to_states: Any, to_matrix: Any, to_bias: Any) -> tuple[Any, ...]:
        some = ops.slice(states, (start, 0), (rows, width))
        wanted = ops.slice(targets, (start,), (rows,))
        scale = ops.slice(weights, (start,), (rows,))
        logits = ops.matmul(some, transposed) + bias
        largest = ops.max(logits, axis=-1, keepdims=True)
        powers = ops.exp(logits - largest)
        sums = ops.sum(powers, axis=-1, keepdims=True)
        log_sums = (largest + ops.log(sums))[:, 0]
        chosen = ops.take_along_axis(logits, ops.expand_dims(wanted, 1), axis=1)[:, 0]
        losses = log_sums - (1 - smoothing) * chosen - smoothing * ops.mean(logits, axis=-1)
        # The slopes of the loss with respect to the logits.
        slopes = powers * (ops.expand_dims(scale, 1) / sums) - ops.expand_dims(scale * (smoothing / size), 1)
        at_target = ops.take_along_axis(slopes, ops.expand_dims(wanted, 1), axis=1)[:, 0] - (1 - smoothing) * scale
        slopes = ops.scatter_update(slopes, ops.stack([places, wanted], axis=1), at_target)
        return (
            start + rows,
            total + ops.sum(scale * losses),
            ops.slice_update(to_states, (start, 0), ops.matmul(slopes, matrix)),
            to_matrix + ops.matmul(ops.transpose(slopes), some),
            to_bias + ops.sum(slopes, axis=0),
        )

    zero = ops.zeros((), states.dtype)
    first = (ops.zeros((), "int32"), zero, ops.zeros_like(states), ops.zeros_like(matrix), ops.zeros_like(bias))
    _, total, to_states, to_matrix, to_bias = ops.while_loop(lambda start, *_: start < real, step, first)
    return total, ops.take(to_states, ops.argsort(order), axis=0), to_matrix, to_bias
