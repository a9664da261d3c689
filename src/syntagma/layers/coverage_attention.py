"""Attention that tracks its coverage of the source, and losses that discourage repeated attention."""

from typing import Any, Literal

import keras
from keras import ops

from syntagma.errors import InputError
from syntagma.layers.additive_attention import AdditiveAttention
from syntagma.layers.initializers import clone_initializer
from syntagma.ops.attention import masked_softmax, repetition_loss, uneven_coverage_loss


@keras.saving.register_keras_serializable(package="syntagma")
class CoverageAttention(AdditiveAttention):
    """Additive attention whose scores also depend on the coverage, the sum of the attention weights of earlier steps.

        C_ts = sum over t' < t of a_t's,    e_ts = v' tanh(W1 h_t + W2 s_s + w3 C_ts)

    The queries are processed in order. Without padding, the coverage at step t (counted from 1) sums to t - 1. Padded
    queries add nothing to the coverage. Apply `CoverageLoss` to the weights to discourage repeated attention.

    Args:
        units: Positive integer U, width of the hidden layer of the scoring network. `None` (default) uses the width of
            the queries.
        kernel_initializer: Initializer of W1 (D1, U), W2 (D3, U), w3 (U,) and v (U,). Defaults to "glorot_uniform".

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

    References: Tu et al., Modeling Coverage for Neural Machine Translation, ACL 2016; See, Liu and Manning, Get To The
    Point, ACL 2017.

    Example:
        >>> import numpy as np
        >>> from syntagma import layers
        >>> queries, values = np.ones((2, 3, 8), "float32"), np.ones((2, 5, 6), "float32")
        >>> tuple(layers.CoverageAttention(16)([queries, values]).shape)
        (2, 3, 6)
    """

    def __init__(self, units: int | None = None, kernel_initializer: Any = "glorot_uniform", **kwargs: Any):
        super().__init__(units, kernel_initializer, **kwargs)
        # Under TensorFlow, XLA cannot compile loops over tensors of variable length.
        self.supports_jit = keras.backend.backend() != "tensorflow"

    def build_scores(self, query_size: int, key_size: int) -> None:
        """Create W1 (D1, U), W2 (D3, U), w3 (U,) and v (U,)."""
        units, initializer = self.units or query_size, self.kernel_initializer

        def weight(name: str, *shape: int) -> Any:
            return self.add_weight(shape=shape, initializer=clone_initializer(initializer), name=name)

        self.query_kernel = weight("query_kernel", query_size, units)
        self.key_kernel = weight("key_kernel", key_size, units)
        self.coverage_kernel = weight("coverage_kernel", units)
        self.direction = weight("direction", units)

    def weigh(self, queries: Any, keys: Any, query_mask: Any | None, source_mask: Any | None) -> Any:
        """Compute the attention weights (B, T, S) from queries (B, T, D1) to keys (B, S, D3), step by step."""
        return self.weigh_projected(queries, self.project_keys(keys), query_mask, source_mask)

    def weigh_projected(self, queries: Any, keys: Any, query_mask: Any | None, source_mask: Any | None) -> Any:
        """Compute the attention weights (B, T, S) from queries (B, T, D1) to projected keys (B, S, U)."""
        queries = ops.matmul(queries, self.query_kernel)  # (B, T, U)
        real_queries = ops.ones(ops.shape(queries)[:2], "bool") if query_mask is None else ops.cast(query_mask, "bool")
        real_source = ops.ones(ops.shape(keys)[:2], "bool") if source_mask is None else ops.cast(source_mask, "bool")

        def step(coverage: Any, now: Any) -> tuple[Any, Any]:
            query, is_real = now[:, :-1], now[:, -1:] > 0
            weights = masked_softmax(self._covered_scores(query, keys, coverage), ops.logical_and(real_source, is_real))
            return coverage + weights, weights

        # One tensor, because a TensorFlow scan over several tensors needs a known T.
        steps = ops.concatenate([queries, ops.expand_dims(ops.cast(real_queries, queries.dtype), -1)], axis=-1)
        _, weights = ops.scan(step, ops.zeros_like(keys[:, :, 0]), ops.moveaxis(steps, 1, 0))  # (T, B, S)
        return ops.moveaxis(weights, 0, 1)

    def scores_with_coverage(self, queries: Any, keys: Any, coverage: Any) -> Any:
        """Compute the scores (B, W, S) of W hypotheses at one step.

        Args:
            queries: Query of each hypothesis, (B, W, D1).
            keys: Projected keys, (B, S, U).
            coverage: Coverage of each hypothesis before the step, (B, W, S).
        """
        return self._covered_scores(ops.matmul(queries, self.query_kernel), ops.expand_dims(keys, 1), coverage)

    def _covered_scores(self, query: Any, keys: Any, coverage: Any) -> Any:
        """Compute the scores (..., S) of projected queries (..., U), keys (..., S, U) and the coverage (..., S)."""
        covered = ops.expand_dims(coverage, -1) * self.coverage_kernel
        return ops.matmul(ops.tanh(ops.expand_dims(query, -2) + keys + covered), self.direction)


@keras.saving.register_keras_serializable(package="syntagma")
class CoverageLoss(keras.layers.Layer):
    """Layer that computes a coverage loss from attention weights, adds it to the model's loss and returns the weights.

        "repeated":  mean over target steps of sum_s min(a_ts, C_ts)    (`CoverageAttention` defines the coverage C_ts)
        "uneven":    sum_s (1 - sum_t a_ts)^2

    "repeated" penalises attending twice to the same position (See et al., 2017). "uneven" penalises source words
    whose total weight is not 1 (Xu et al., 2015; Tu et al., 2016). Both losses are averaged over the texts.

    Args:
        form: Type of loss, "repeated" (default) or "uneven".
        weight: Non-negative float by which the loss is multiplied. Defaults to 1.0.

    Call arguments:
        inputs: Float tensor of attention weights of shape (B, T, S).
        target_mask: Boolean tensor (B, T), `True` at real target steps, used by "repeated" only. By default, all steps
            with nonzero weights count as real, which excludes padding.
        source_mask: Boolean tensor (B, S), `True` at real source tokens, used by "uneven" only. By default, all tokens
            count as real. Pass a mask if the source is padded, because padding has no weight and would be penalised.

    Output shape:
        (B, T, S), the unchanged inputs.

    Raises:
        InputError: If `form` is unknown or `weight` is negative.

    Example:
        >>> from syntagma import layers
        >>> import keras
        >>> queries, values = keras.Input((None, 8)), keras.Input((None, 8))
        >>> contexts, weights = layers.CoverageAttention()([queries, values], return_attention_scores=True)
        >>> weights = layers.CoverageLoss(weight=0.5)(weights)
        >>> model = keras.Model([queries, values], [contexts, weights])
    """

    def __init__(self, form: Literal["repeated", "uneven"] = "repeated", weight: float = 1.0, **kwargs: Any):
        super().__init__(**kwargs)
        if form not in ("repeated", "uneven") or weight < 0:
            raise InputError(
                f"`CoverageLoss` needs a form of 'repeated' or 'uneven' and a weight of 0 or more; got {form!r} "
                f"and {weight}."
            )
        self.form = form
        self.weight = weight
        self.supports_masking = True
        self.input_spec = keras.layers.InputSpec(ndim=3)

    def call(self, inputs: Any, target_mask: Any | None = None, source_mask: Any | None = None) -> Any:
        """Add the loss, and return the weights (B, T, S)."""
        if self.form == "repeated":
            losses = repetition_loss(inputs, target_mask)
        else:
            losses = uneven_coverage_loss(inputs, source_mask)
        self.add_loss(self.weight * ops.mean(losses))
        return inputs

    def compute_output_shape(self, input_shape: Any, *_: Any) -> Any:
        """Return the shape of the inputs."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Return the layer's configuration."""
        return {**super().get_config(), "form": self.form, "weight": self.weight}
