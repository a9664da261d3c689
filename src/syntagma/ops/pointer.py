"""Pointer attention, with which a language model can copy earlier words."""

from typing import Any

from keras import ops

from syntagma.ops.attention import dot_scores, masked_softmax


def pointer_weights(queries: Any, keys: Any, sentinel: Any, window: int, mask: Any | None = None) -> tuple[Any, Any]:
    """Compute attention weights over the last L words and a sentinel.

        z_i = q_t' h_i for the words t-L+1 ... t,    a = softmax([z; q_t' s])

    Args:
        queries: Queries q, (B, T, U).
        keys: Keys h, (B, T, U).
        sentinel: Vector s of the sentinel, (U,).
        window: Number of words L, including the current one.
        mask: Boolean mask of real words (B, T), or `None` if all words are real.

    Returns:
        Weights of the words (B, T, T), zero at masked words and outside the window, and weights of the sentinel (B, T).
        At each step, the weights of the words and of the sentinel sum to 1.
    """
    time = ops.shape(queries)[1]
    steps = ops.arange(time, dtype="int32")
    back = steps[:, None] - steps[None, :]
    visible = ops.logical_and(back >= 0, back < window)[None]  # (1, T, T)
    if mask is not None:
        visible = ops.logical_and(visible, ops.expand_dims(ops.cast(mask, "bool"), 1))
    scores = dot_scores(queries, keys)  # (B, T, T)
    sentinel_scores = ops.expand_dims(ops.matmul(queries, sentinel), -1)  # (B, T, 1)
    visible = visible | ops.zeros_like(scores, dtype="bool")  # (B, T, T)
    real = ops.concatenate([visible, ops.ones_like(sentinel_scores, dtype="bool")], axis=-1)
    weights = masked_softmax(ops.concatenate([scores, sentinel_scores], axis=-1), real)
    return weights[..., :-1], weights[..., -1]


def pointer_mixture(vocabulary: Any, words: Any, gate: Any, tokens: Any) -> Any:
    """Mix the probabilities of a vocabulary with pointer weights.

        p(w) = g p_vocabulary(w) + sum of a_i over the positions i of the word w

    Args:
        vocabulary: Probabilities of the vocabulary, (B, T, V).
        words: Pointer weights a of the words, (B, T, T), which sum to 1 - g at each step.
        gate: Weight g of the vocabulary, (B, T).
        tokens: Ids of the words, (B, T).

    Returns:
        Probabilities (B, T, V).
    """
    occurrences = ops.one_hot(ops.cast(tokens, "int32"), vocabulary.shape[-1], dtype=vocabulary.dtype)  # (B, T, V)
    return ops.expand_dims(gate, -1) * vocabulary + ops.matmul(words, occurrences)
