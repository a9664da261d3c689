"""Attention that knows where it has looked, and the losses that keep it from looking there again."""

from typing import Any, Literal

import keras
from keras import ops

from syntagma.errors import InputError
from syntagma.layers.additive_attention import AdditiveAttention
from syntagma.layers.initializers import fresh
from syntagma.ops.attention import masked_softmax, repeated_attention, uneven_coverage


@keras.saving.register_keras_serializable(package="syntagma")
class CoverageAttention(AdditiveAttention):
    """Additive attention with a memory of the weights so far, the coverage C.

        C_ts = sum over t' < t of a_t's,    e_ts = v' tanh(W1 h_t + W2 s_s + w3 C_ts)

    The queries are read in order, one after the other. Inputs, outputs and masks are those of `AdditiveAttention`. The
    coverage at step t sums to t - 1 (counted from 1); padded queries add nothing to it. With `CoverageLoss` on the
    weights it does not look twice at one place.

    Args:
        units: U, width of the comparison; by default that of the queries.
        kernel_initializer: Of W1 (D1, U), W2 (D3, U), w3 (U,) and v (U,).

    Raises:
        InputError: Inputs of other ranks.

    Reference: Tu et al., Modeling Coverage for Neural Machine Translation, ACL 2016; See, Liu and Manning, Get To The
    Point, ACL 2017.
    """

    def __init__(self, units: int | None = None, kernel_initializer: Any = "glorot_uniform", **kwargs: Any):
        super().__init__(units, kernel_initializer, **kwargs)
        # XLA under TensorFlow refuses loops over tensors of any length.
        self.supports_jit = keras.backend.backend() != "tensorflow"

    def build_scores(self, query_size: int, key_size: int) -> None:
        """Creates W1 (D1, U), W2 (D3, U), w3 (U,) and v (U,)."""
        units, draw = self.units or query_size, self.kernel_initializer
        self.query_kernel = self.add_weight(shape=(query_size, units), initializer=fresh(draw), name="query_kernel")
        self.key_kernel = self.add_weight(shape=(key_size, units), initializer=fresh(draw), name="key_kernel")
        self.coverage_kernel = self.add_weight(shape=(units,), initializer=fresh(draw), name="coverage_kernel")
        self.direction = self.add_weight(shape=(units,), initializer=fresh(draw), name="direction")

    def weigh(self, queries: Any, keys: Any, query_mask: Any | None, source_mask: Any | None) -> Any:
        """The weights (B, T, S)."""
        keys = ops.matmul(keys, self.key_kernel)  # (B, S, U)
        queries = ops.matmul(queries, self.query_kernel)  # (B, T, U)
        of_queries = ops.ones(ops.shape(queries)[:2], "bool") if query_mask is None else ops.cast(query_mask, "bool")
        of_source = ops.ones(ops.shape(keys)[:2], "bool") if source_mask is None else ops.cast(source_mask, "bool")

        def step(coverage: Any, now: Any) -> tuple[Any, Any]:
            query, is_real = now[:, :-1], now[:, -1:] > 0
            seen = ops.expand_dims(coverage, -1) * self.coverage_kernel  # (B, S, U)
            scores = ops.matmul(ops.tanh(ops.expand_dims(query, 1) + keys + seen), self.direction)  # (B, S)
            weights = masked_softmax(scores, ops.logical_and(of_source, is_real))
            return coverage + weights, weights

        # In one tensor: under TensorFlow a scan of several wants to know T beforehand.
        steps = ops.concatenate([queries, ops.expand_dims(ops.cast(of_queries, queries.dtype), -1)], axis=-1)
        _, weights = ops.scan(step, ops.zeros_like(keys[:, :, 0]), ops.moveaxis(steps, 1, 0))  # (T, B, S)
        return ops.moveaxis(weights, 0, 1)


@keras.saving.register_keras_serializable(package="syntagma")
class CoverageLoss(keras.layers.Layer):
    """Adds a coverage loss of attention weights (B, T, S) to the model's loss, and passes them on.

    Args:
        form: "repeated": the mean over target steps of sum_s min(a_ts, C_ts), C what came before; it punishes looking
            at one place twice (See et al., 2017). "uneven": sum_s (1 - sum_t a_ts)^2, one look a source word (Xu et
            al., 2015; Tu et al., 2016). Either is averaged over the texts.
        weight: What it is multiplied by.

    Called as `loss(weights, target_mask=None, source_mask=None)`, masks (B, T) and (B, S). A step without any weight,
    as attention leaves it at padding, does not count in "repeated". Padding of the source must be told to "uneven": its
    positions get no weight, and would be punished for that.

    Raises:
        InputError: An unknown form or a negative weight.
    """

    def __init__(self, form: Literal["repeated", "uneven"] = "repeated", weight: float = 1.0, **kwargs: Any):
        super().__init__(**kwargs)
        if form not in ("repeated", "uneven") or weight < 0:
            raise InputError(
                f"`CoverageLoss` needs a form out of 'repeated' and 'uneven' and a weight of 0 or more; got {form!r} "
                f"and {weight}."
            )
        self.form = form
        self.weight = weight
        self.supports_masking = True
        self.input_spec = keras.layers.InputSpec(ndim=3)

    def call(self, inputs: Any, target_mask: Any | None = None, source_mask: Any | None = None) -> Any:
        """Returns the weights (B, T, S)."""
        if self.form == "repeated":
            losses = repeated_attention(inputs, target_mask)
        else:
            losses = uneven_coverage(inputs, source_mask)
        self.add_loss(self.weight * ops.mean(losses))
        return inputs

    def compute_output_shape(self, input_shape: Any, *_: Any) -> Any:
        """The shape stays."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """What the constructor takes."""
        return {**super().get_config(), "form": self.form, "weight": self.weight}
