"""Base class of layers with attention from queries to a source."""

from typing import Any

import keras
from keras import ops

from syntagma.errors import InputError
from syntagma.ops.attention import masked_softmax, weighted_sum


class QueryAttention(keras.layers.Layer):
    """Base class of layers with attention from queries to a source.

        a_t = softmax_s score(h_t, s),    c_t = sum_s a_ts v_s    (weights a, contexts c)

    A subclass implements `build_scores` and `scores`, and `project_keys` if the scores need only a projection of the
    keys. The layer is called like `keras.layers.Attention`.

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
        InputError: If the inputs are not a list of two or three tensors with three axes, if the width of
            the queries or of the keys is unknown, or if `mask` is not a list.
    """

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        self.supports_masking = True

    def build(self, input_shape: Any) -> None:
        """Create the weights used to compute the scores."""
        queries, values, *keys = self._check(input_shape)
        key_size = (keys or [values])[0][-1]
        if queries[-1] is None or key_size is None:
            raise InputError(f"`{type(self).__name__}` needs queries and keys of known width; got {input_shape}.")
        self.build_scores(queries[-1], key_size)

    def build_scores(self, query_size: int, key_size: int) -> None:
        """Create the weights that `scores` uses. The base class creates none."""

    def project_keys(self, keys: Any) -> Any:
        """Compute the part of the scores that depends only on the keys (B, S, D3), once for all queries."""
        return keys

    def scores(self, queries: Any, keys: Any) -> Any:
        """Compute the scores (B, T, S) of queries (B, T, D1) and keys that `project_keys` returned."""
        raise NotImplementedError

    def call(self, inputs: Any, mask: Any | None = None, return_attention_scores: bool = False) -> Any:
        """Return the contexts (B, T, D2) and, if requested, the attention weights (B, T, S)."""
        queries, values, *keys = inputs
        if mask is not None and (not isinstance(mask, list | tuple) or len(mask) < 2):
            raise InputError(
                f"`{type(self).__name__}` needs masks as a list: those of the queries (B, T) and of the source (B, S), "
                f"either of which may be `None`; got {mask!r}."
            )
        query_mask, source_mask = (None, None) if mask is None else (mask[0], mask[1])
        weights = self.weigh(queries, keys[0] if keys else values, query_mask, source_mask)
        contexts = weighted_sum(weights, values, source_mask)
        return (contexts, weights) if return_attention_scores else contexts

    def weigh(self, queries: Any, keys: Any, query_mask: Any | None, source_mask: Any | None) -> Any:
        """Compute the attention weights (B, T, S) from queries (B, T, D1) to keys (B, S, D3)."""
        real = None if source_mask is None else ops.expand_dims(ops.cast(source_mask, "bool"), 1)  # (B, 1, S)
        if query_mask is not None:
            real_queries = ops.expand_dims(ops.cast(query_mask, "bool"), 2)  # (B, T, 1)
            real = real_queries if real is None else ops.logical_and(real, real_queries)
        return masked_softmax(self.scores(queries, self.project_keys(keys)), real)

    def compute_mask(self, inputs: Any, previous_mask: Any | None = None) -> Any:
        """Return the mask of the queries."""
        return previous_mask[0] if isinstance(previous_mask, list | tuple) else None

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        """Return the shape (B, T, D2) of the contexts."""
        queries, values, *_ = self._check(input_shape)
        return (*queries[:2], values[-1])

    def compute_output_spec(self, inputs: Any, mask: Any = None, return_attention_scores: bool = False) -> Any:
        """Return the specs of the contexts (B, T, D2) and, if requested, of the attention weights (B, T, S)."""
        queries, values, *_ = self._check([tensor.shape for tensor in inputs])
        contexts = keras.KerasTensor((*queries[:2], values[-1]), dtype=self.compute_dtype)
        weights = keras.KerasTensor((*queries[:2], values[1]), dtype=self.compute_dtype)
        return (contexts, weights) if return_attention_scores else contexts

    def _check(self, shapes: Any) -> list[tuple[int | None, ...]]:
        is_list = isinstance(shapes, list | tuple) and all(isinstance(shape, list | tuple) for shape in shapes)
        if not is_list or len(shapes) not in (2, 3) or any(len(shape) != 3 for shape in shapes):
            raise InputError(
                f"`{type(self).__name__}` needs a list of queries (B, T, D), values (B, S, D) and optionally keys "
                f"(B, S, D); got {shapes}."
            )
        return [tuple(shape) for shape in shapes]
