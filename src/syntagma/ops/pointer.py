"""Pointing at earlier words in place of naming a word of the vocabulary."""

from typing import Any

from keras import ops

from syntagma.ops.attention import dot_scores, masked_softmax


def pointer_weights(queries: Any, keys: Any, sentinel: Any, window: int, mask: Any | None = None) -> tuple[Any, Any]:
    """Attention over the last words and one sentinel.

        z_i = q_t' h_i for the words t-L+1 ... t,    a = softmax([z; q_t' s])

    Args:
        queries: q, (B, T, U).
        keys: h, (B, T, U).
        sentinel: s, (U,).
        window: L.
        mask: Real words, boolean (B, T), or `None`.

    Returns:
        Weights of the words, (B, T, T) with zeros outside the window, and of the sentinel, (B, T); they sum to 1.
    """
    time = ops.shape(queries)[1]
    steps = ops.arange(time, dtype="int32")
    back = steps[:, None] - steps[None, :]
    seen = ops.logical_and(back >= 0, back < window)[None]  # (1, T, T)
    if mask is not None:
        seen = ops.logical_and(seen, ops.expand_dims(ops.cast(mask, "bool"), 1))
    scores = dot_scores(queries, keys)  # (B, T, T)
    of_sentinel = ops.expand_dims(ops.matmul(queries, sentinel), -1)  # (B, T, 1)
    real = ops.concatenate([seen | ops.zeros_like(scores, dtype="bool"), ops.ones_like(of_sentinel, dtype="bool")], -1)
    weights = masked_softmax(ops.concatenate([scores, of_sentinel], axis=-1), real)
    return weights[..., :-1], weights[..., -1]


def pointer_mixture(vocabulary: Any, words: Any, gate: Any, tokens: Any) -> Any:
    """p(w) = g p_vocabulary(w) + sum of the weights of the places where w stands, (B, T, V).

    The gate g is (B, T), the weights of earlier words (B, T, T) sum to 1 - g, and tokens are ids (B, T).
    """
    places = ops.one_hot(ops.cast(tokens, "int32"), vocabulary.shape[-1], dtype=vocabulary.dtype)  # (B, T, V)
    return ops.expand_dims(gate, -1) * vocabulary + ops.matmul(words, places)
