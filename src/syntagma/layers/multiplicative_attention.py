"""Attention by a bilinear form."""

from typing import Any

import keras
from keras import ops

from syntagma.layers.initializers import fresh
from syntagma.layers.query_attention import QueryAttention
from syntagma.ops.attention import dot_scores


@keras.saving.register_keras_serializable(package="syntagma")
class MultiplicativeAttention(QueryAttention):
    """Attention with the score h' W s of a query h and a key s, of any two widths.

    `keras.layers.Attention` has no W. Faster than additive attention, and weaker at large widths, where scores grow.

    Args:
        kernel_initializer: Of W (D1, D3).

    Inputs, outputs and masks are those of `AdditiveAttention`.

    Raises:
        InputError: Inputs of other ranks.

    Reference: Luong, Pham and Manning, Effective Approaches to Attention-based Neural Machine Translation, EMNLP 2015
    (their "general" score).
    """

    def __init__(self, kernel_initializer: Any = "glorot_uniform", **kwargs: Any):
        super().__init__(**kwargs)
        self.kernel_initializer = keras.initializers.get(kernel_initializer)

    def build_scores(self, query_size: int, key_size: int) -> None:
        """Creates W (D1, D3)."""
        self.kernel = self.add_weight(
            shape=(query_size, key_size), initializer=fresh(self.kernel_initializer), name="kernel"
        )

    def scores(self, queries: Any, keys: Any) -> Any:
        """(B, T, S)."""
        return dot_scores(ops.matmul(queries, self.kernel), keys)

    def get_config(self) -> dict[str, Any]:
        """What the constructor takes."""
        return {**super().get_config(), "kernel_initializer": keras.initializers.serialize(self.kernel_initializer)}
