"""What all attentions of queries to a source have in common."""

from typing import Any

import keras
from keras import ops

from syntagma.errors import InputError
from syntagma.ops.attention import masked_softmax, weighted_sum


class QueryAttention(keras.layers.Layer):
    """Attention of queries to a source: weights a_t = softmax_s score(h_t, s), contexts c_t = sum_s a_ts v_s.

    A variant fills `build_scores` and `scores`. Called, like `keras.layers.Attention`, with a list of queries (B, T,
    D1) and values (B, S, D2), and of keys (B, S, D3) where these are not the values; gives contexts (B, T, D2), and
    with `return_attention_scores=True` the weights (B, T, S) besides. `mask` is a list, like the inputs, of (B, T) for
    the queries and (B, S) for the values, either of which may be `None`; implicit masks of Keras count too. Padding of
    the source gets a weight of exactly 0; at padded queries, and where the source has nothing real, weights and
    contexts are zeros. The mask of the queries is passed on.
    """

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        self.supports_masking = True

    def build(self, input_shape: Any) -> None:
        """Creates the weights of the score."""
        queries, values, *keys = self._check(input_shape)
        key_size = (keys or [values])[0][-1]
        if queries[-1] is None or key_size is None:
            raise InputError(f"`{type(self).__name__}` needs to know how wide queries and keys are; got {input_shape}.")
        self.build_scores(queries[-1], key_size)

    def build_scores(self, query_size: int, key_size: int) -> None:
        """Creates what `scores` needs; nothing here."""

    def scores(self, queries: Any, keys: Any) -> Any:
        """(B, T, D1) and (B, S, D3) to (B, T, S)."""
        raise NotImplementedError

    def call(self, inputs: Any, mask: Any | None = None, return_attention_scores: bool = False) -> Any:
        """Returns contexts (B, T, D2), and the weights (B, T, S) where asked for."""
        queries, values, *keys = inputs
        if mask is not None and (not isinstance(mask, list | tuple) or len(mask) < 2):
            raise InputError(
                f"`{type(self).__name__}` needs masks as a list, of the queries (B, T) and of the source (B, S); "
                f"either may be `None`. Got {mask!r}."
            )
        query_mask, source_mask = (None, None) if mask is None else (mask[0], mask[1])
        weights = self.weigh(queries, keys[0] if keys else values, query_mask, source_mask)
        contexts = weighted_sum(weights, values, source_mask)
        return (contexts, weights) if return_attention_scores else contexts

    def weigh(self, queries: Any, keys: Any, query_mask: Any | None, source_mask: Any | None) -> Any:
        """The weights (B, T, S)."""
        real = None if source_mask is None else ops.expand_dims(ops.cast(source_mask, "bool"), 1)  # (B, 1, S)
        if query_mask is not None:
            of_queries = ops.expand_dims(ops.cast(query_mask, "bool"), 2)  # (B, T, 1)
            real = of_queries if real is None else ops.logical_and(real, of_queries)
        return masked_softmax(self.scores(queries, keys), real)

    def compute_mask(self, inputs: Any, previous_mask: Any | None = None) -> Any:
        """That of the queries."""
        return previous_mask[0] if isinstance(previous_mask, list | tuple) else None

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        """(B, T, D2)."""
        queries, values, *_ = self._check(input_shape)
        return (*queries[:2], values[-1])

    def compute_output_spec(self, inputs: Any, mask: Any = None, return_attention_scores: bool = False) -> Any:
        """Contexts (B, T, D2), and weights (B, T, S) where asked for."""
        queries, values, *_ = self._check([tensor.shape for tensor in inputs])
        contexts = keras.KerasTensor((*queries[:2], values[-1]), dtype=self.compute_dtype)
        weights = keras.KerasTensor((*queries[:2], values[1]), dtype=self.compute_dtype)
        return (contexts, weights) if return_attention_scores else contexts

    def _check(self, shapes: Any) -> list[tuple[int | None, ...]]:
        is_list = isinstance(shapes, list | tuple) and all(isinstance(shape, list | tuple) for shape in shapes)
        if not is_list or len(shapes) not in (2, 3) or any(len(shape) != 3 for shape in shapes):
            raise InputError(
                f"`{type(self).__name__}` needs a list of queries (B, T, D) and values (B, S, D), and keys if these "
                f"are others; got {shapes}."
            )
        return [tuple(shape) for shape in shapes]
