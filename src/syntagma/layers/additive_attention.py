"""Additive attention from queries to a source."""

from typing import Any

import keras
from keras import ops

from syntagma.layers.initializers import clone_initializer
from syntagma.layers.query_attention import QueryAttention
from syntagma.ops.attention import additive_scores


@keras.saving.register_keras_serializable(package="syntagma")
class AdditiveAttention(QueryAttention):
    """Additive (Bahdanau) attention with learned projections of queries and keys.

        score(h, s) = v' tanh(W1 h + W2 s)    (query h, key s)

    Queries and keys may differ in width. `keras.layers.AdditiveAttention` lacks the projections W1 and W2. In
    machine translation, Britz et al. (2017) found additive attention better than multiplicative attention, most clearly
    for wide states.

    Args:
        units: Positive integer U, width of the hidden layer of the scoring network. `None` (default) uses the width of
            the queries.
        kernel_initializer: Initializer of W1 (D1, U), W2 (D3, U) and v (U,). Defaults to "glorot_uniform".

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

    Reference: Bahdanau, Cho and Bengio, Neural Machine Translation by Jointly Learning to Align and Translate, 2015.

    Example:
        >>> import numpy as np
        >>> from syntagma import layers
        >>> queries, values = np.ones((2, 3, 8), "float32"), np.ones((2, 5, 6), "float32")
        >>> contexts, weights = layers.AdditiveAttention(16)([queries, values], return_attention_scores=True)
        >>> tuple(contexts.shape), tuple(weights.shape)
        ((2, 3, 6), (2, 3, 5))
    """

    def __init__(self, units: int | None = None, kernel_initializer: Any = "glorot_uniform", **kwargs: Any):
        super().__init__(**kwargs)
        self.units = units
        self.kernel_initializer = keras.initializers.get(kernel_initializer)

    def build_scores(self, query_size: int, key_size: int) -> None:
        """Create W1 (D1, U), W2 (D3, U) and v (U,)."""
        units, initializer = self.units or query_size, self.kernel_initializer

        def weight(name: str, *shape: int) -> Any:
            return self.add_weight(shape=shape, initializer=clone_initializer(initializer), name=name)

        self.query_kernel = weight("query_kernel", query_size, units)
        self.key_kernel = weight("key_kernel", key_size, units)
        self.direction = weight("direction", units)

    def project_keys(self, keys: Any) -> Any:
        """Compute W2 s for keys s (B, S, D3), with the result (B, S, U)."""
        return ops.matmul(keys, self.key_kernel)

    def scores(self, queries: Any, keys: Any) -> Any:
        """Compute the scores (B, T, S) of queries (B, T, D1) and projected keys (B, S, U)."""
        return additive_scores(ops.matmul(queries, self.query_kernel), keys, self.direction)

    def get_config(self) -> dict[str, Any]:
        """Return the layer's configuration."""
        initializer = keras.initializers.serialize(self.kernel_initializer)
        return {**super().get_config(), "units": self.units, "kernel_initializer": initializer}
