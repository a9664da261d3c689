"""Attention pooling over the tokens of a text, without a query."""

from typing import Any

import keras
from keras import ops

from syntagma.layers.initializers import clone_initializer
from syntagma.ops.attention import clear_masked, masked_softmax


class TokenAttention(keras.layers.Layer):
    """Base class of layers that attend to the tokens of a text without using a query.

    A subclass implements `build_scores`, `call` and `compute_output_shape`.
    """

    def __init__(self, units: int | None = None, kernel_initializer: Any = "glorot_uniform", **kwargs: Any):
        super().__init__(**kwargs)
        self.units = units
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.supports_masking = True
        self.input_spec = keras.layers.InputSpec(ndim=3)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Create `kernel` (D, units) and the other weights used to compute the scores."""
        size = input_shape[-1]
        units = self.units or size
        self.kernel = self.add_weight(
            shape=(size, units), initializer=clone_initializer(self.kernel_initializer), name="kernel"
        )
        self.build_scores(units)
        self.input_spec = keras.layers.InputSpec(ndim=3, axes={-1: size})

    def build_scores(self, units: Any) -> None:
        """Create the weights that turn hidden vectors (B, T, units) into scores. The base class creates none."""

    def compute_mask(self, inputs: Any, previous_mask: Any | None = None) -> None:
        """Return `None`, because the output has no time axis."""
        return None

    def compute_output_spec(self, inputs: Any, mask: Any = None, return_attention_scores: bool = False) -> Any:
        """Return the specs of the pooled vectors and, if requested, of the attention weights (..., T)."""
        shape = self.compute_output_shape(inputs.shape)
        sums = keras.KerasTensor(shape, dtype=self.compute_dtype)
        weights = keras.KerasTensor((*shape[:-1], inputs.shape[1]), dtype=self.compute_dtype)
        return (sums, weights) if return_attention_scores else sums

    def get_config(self) -> dict[str, Any]:
        """Return the layer's configuration."""
        initializer = keras.initializers.serialize(self.kernel_initializer)
        return {**super().get_config(), "units": self.units, "kernel_initializer": initializer}


@keras.saving.register_keras_serializable(package="syntagma")
class AttentionPooling(TokenAttention):
    """Pooling of a sequence into an attention-weighted sum over time.

        c = sum_t a_t h_t,    a = softmax_t v' tanh(W h_t)

    Args:
        units: Positive integer, width of the hidden layer of the scoring network. `None` (default) uses D.
        kernel_initializer: Initializer of W (D, units) and v (units,). Defaults to "glorot_uniform".

    Call arguments:
        inputs: Float tensor of shape (B, T, D).
        mask: Boolean tensor (B, T), `True` at real tokens. Defaults to Keras' implicit mask, if there is one.
        return_attention_scores: Whether to return the weights a too. Defaults to False.

    Output shape:
        (B, D). With `return_attention_scores=True`, also the weights (B, T).

    Masking:
        Padding gets a weight of exactly 0. The output is zero for a text without real tokens. No mask is passed on,
        because the output has no time axis.

    Reference: Lin et al., A Structured Self-attentive Sentence Embedding, ICLR 2017 (with one hop).

    Example:
        >>> from syntagma import layers
        >>> import keras
        >>> model = keras.Sequential([
        ...     keras.Input((None,)),
        ...     keras.layers.Embedding(1000, 32, mask_zero=True),
        ...     layers.AttentionPooling(),
        ... ])
        >>> model.output_shape
        (None, 32)
    """

    def build_scores(self, units: Any) -> None:
        """Create `direction` (units,)."""
        initializer = clone_initializer(self.kernel_initializer)
        self.direction = self.add_weight(shape=(units,), initializer=initializer, name="direction")

    def call(self, inputs: Any, mask: Any | None = None, return_attention_scores: bool = False) -> Any:
        """Return the pooled vectors (B, D) and, if requested, the attention weights (B, T)."""
        inputs = clear_masked(inputs, mask)
        scores = ops.matmul(ops.tanh(ops.matmul(inputs, self.kernel)), self.direction)  # (B, T)
        weights = masked_softmax(scores, mask)
        pooled = ops.einsum("bt,btd->bd", weights, inputs)
        return (pooled, weights) if return_attention_scores else pooled

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return the shape (B, D)."""
        return (input_shape[0], input_shape[2])
