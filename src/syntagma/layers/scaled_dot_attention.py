"""Attention by a dot product."""

from typing import Any

import keras

from syntagma.errors import InputError
from syntagma.layers.query_attention import QueryAttention
from syntagma.ops.attention import dot_scores


@keras.saving.register_keras_serializable(package="syntagma")
class ScaledDotAttention(QueryAttention):
    """Attention with the score h' s / sqrt(D) of a query h and a key s of one width D; no weights.

    The root keeps the variance of the scores at 1 for any width. `keras.layers.Attention(use_scale=True)` has a learned
    number that starts at 1 in its place.

    Inputs, outputs and masks are those of `AdditiveAttention`.

    Raises:
        InputError: Inputs of other ranks, or queries and keys of different widths.

    Reference: Vaswani et al., Attention Is All You Need, 2017.
    """

    def build_scores(self, query_size: int, key_size: int) -> None:
        """Checks the widths."""
        if query_size != key_size:
            raise InputError(
                f"`ScaledDotAttention` needs queries and keys of one width; got {query_size} and {key_size}. Use "
                "`MultiplicativeAttention`."
            )

    def scores(self, queries: Any, keys: Any) -> Any:
        """(B, T, S)."""
        return dot_scores(queries, keys) / queries.shape[-1] ** 0.5
