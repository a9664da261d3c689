"""Attention by a small network."""

from typing import Any

import keras
from keras import ops

from syntagma.layers.initializers import fresh
from syntagma.layers.query_attention import QueryAttention
from syntagma.ops.attention import additive_scores


@keras.saving.register_keras_serializable(package="syntagma")
class AdditiveAttention(QueryAttention):
    """Attention with the score v' tanh(W1 h + W2 s) of a query h and a key s.

    `keras.layers.AdditiveAttention` has neither W1 nor W2. Queries and keys may differ in width. Britz et al. (2017)
    found it ahead of multiplicative attention in translation, the more so the wider the states.

    Args:
        units: U, width of the comparison; by default that of the queries.
        kernel_initializer: Of W1 (D1, U), W2 (D3, U) and v (U,).

    Inputs, outputs and masks are those of all attentions here: called with [queries, values] or [queries, values,
    keys], of shapes (B, T, D1), (B, S, D2) and (B, S, D3), it gives (B, T, D2), and with `return_attention_scores=True`
    the weights (B, T, S) too. Padding of the source gets a weight of exactly 0.

    Raises:
        InputError: Inputs of other ranks.

    Reference: Bahdanau, Cho and Bengio, Neural Machine Translation by Jointly Learning to Align and Translate, 2015.
    """

    def __init__(self, units: int | None = None, kernel_initializer: Any = "glorot_uniform", **kwargs: Any):
        super().__init__(**kwargs)
        self.units = units
        self.kernel_initializer = keras.initializers.get(kernel_initializer)

    def build_scores(self, query_size: int, key_size: int) -> None:
        """Creates W1 (D1, U), W2 (D3, U) and v (U,)."""
        units, draw = self.units or query_size, self.kernel_initializer
        self.query_kernel = self.add_weight(shape=(query_size, units), initializer=fresh(draw), name="query_kernel")
        self.key_kernel = self.add_weight(shape=(key_size, units), initializer=fresh(draw), name="key_kernel")
        self.direction = self.add_weight(shape=(units,), initializer=fresh(draw), name="direction")

    def scores(self, queries: Any, keys: Any) -> Any:
        """(B, T, S)."""
        return additive_scores(
            ops.matmul(queries, self.query_kernel), ops.matmul(keys, self.key_kernel), self.direction
        )

    def get_config(self) -> dict[str, Any]:
        """What the constructor takes."""
        initializer = keras.initializers.serialize(self.kernel_initializer)
        return {**super().get_config(), "units": self.units, "kernel_initializer": initializer}
