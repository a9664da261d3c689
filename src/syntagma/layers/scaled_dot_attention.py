"""Scaled dot-product attention from queries to a source."""

from typing import Any

import keras

from syntagma.errors import InputError
from syntagma.layers.query_attention import QueryAttention
from syntagma.ops.attention import dot_scores


@keras.saving.register_keras_serializable(package="syntagma")
class ScaledDotAttention(QueryAttention):
    """Scaled dot-product attention, which has no trainable weights.

        score(h, s) = h' s / sqrt(D)    (query h and key s of the same width D)

    Dividing by sqrt(D) keeps the variance of the scores independent of the width.
    `keras.layers.Attention(use_scale=True)` instead multiplies by a learned scale, which starts at 1.

    Call arguments:
        inputs: List `[queries, values]` or `[queries, values, keys]` of float tensors of shapes (B, T, D1),
            (B, S, D2) and (B, S, D3). Without keys, the values serve as keys.
        mask: List of two boolean tensors, the masks of the queries (B, T) and of the values (B, S), `True` at real
            tokens. Either may be `None`. Defaults to Keras' implicit masks.
        return_attention_scores: Whether to return the attention weights too. Defaults to False.

    Output shape:
        (B, T, D2). With `return_attention_scores=True`, also the weights (B, T, S).

    Masking:
        Source padding gets a weight of exactly 0. The output is zero at padded queries, and at all queries if the
        source has no real tokens. The layer passes on the mask of the queries.

    Raises:
        InputError: If the inputs are not a list of two or three tensors with three axes, or if queries and keys
            differ in width.

    Reference: Vaswani et al., Attention Is All You Need, 2017.

    Example:
        >>> import numpy as np
        >>> from syntagma import layers
        >>> queries, values = np.ones((2, 3, 8), "float32"), np.ones((2, 5, 8), "float32")
        >>> tuple(layers.ScaledDotAttention()([queries, values]).shape)
        (2, 3, 8)
    """

    def build_scores(self, query_size: int, key_size: int) -> None:
        """Check that queries and keys have the same width."""
        if query_size != key_size:
            raise InputError(
                f"`ScaledDotAttention` needs queries and keys of the same width; got {query_size} and {key_size}. "
                "Use `MultiplicativeAttention`."
            )

    def scores(self, queries: Any, keys: Any) -> Any:
        """Compute the scores (B, T, S) of queries (B, T, D1) and keys (B, S, D3)."""
        return dot_scores(queries, keys) / queries.shape[-1] ** 0.5
