"""Multiplicative attention from queries to a source."""

from typing import Any

import keras
from keras import ops

from syntagma.layers.initializers import clone_initializer
from syntagma.layers.query_attention import QueryAttention
from syntagma.ops.attention import dot_scores


@keras.saving.register_keras_serializable(package="syntagma")
class MultiplicativeAttention(QueryAttention):
    """Multiplicative (Luong) attention, which scores queries and keys with a bilinear form.

        score(h, s) = h' W s    (query h, key s)

    Queries and keys may differ in width. `keras.layers.Attention` lacks the matrix W. The layer is faster than
    additive attention, but less accurate for wide states, because their scores are large.

    Args:
        kernel_initializer: Initializer of W (D1, D3). Defaults to "glorot_uniform".

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
        InputError: If the inputs are not a list of two or three tensors with three axes.

    Reference: Luong, Pham and Manning, Effective Approaches to Attention-based Neural Machine Translation, EMNLP 2015
    (their "general" score).

    Example:
        >>> import numpy as np
        >>> from syntagma import layers
        >>> queries, values = np.ones((2, 3, 8), "float32"), np.ones((2, 5, 6), "float32")
        >>> tuple(layers.MultiplicativeAttention()([queries, values]).shape)
        (2, 3, 6)
    """

    def __init__(self, kernel_initializer: Any = "glorot_uniform", **kwargs: Any):
        super().__init__(**kwargs)
        self.kernel_initializer = keras.initializers.get(kernel_initializer)

    def build_scores(self, query_size: int, key_size: int) -> None:
        """Create W (D1, D3)."""
        self.kernel = self.add_weight(
            shape=(query_size, key_size), initializer=clone_initializer(self.kernel_initializer), name="kernel"
        )

    def scores(self, queries: Any, keys: Any) -> Any:
        """Compute the scores (B, T, S) of queries (B, T, D1) and keys (B, S, D3)."""
        return dot_scores(ops.matmul(queries, self.kernel), keys)

    def get_config(self) -> dict[str, Any]:
        """Return the layer's configuration."""
        return {**super().get_config(), "kernel_initializer": keras.initializers.serialize(self.kernel_initializer)}
