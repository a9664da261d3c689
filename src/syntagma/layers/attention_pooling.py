"""A text's vector by attention, without a query."""

from typing import Any

import keras
from keras import ops

from syntagma.layers.initializers import fresh
from syntagma.ops.attention import cleared, masked_softmax


class TokenAttention(keras.layers.Layer):
    """What layers that weigh the tokens of a text without a query have in common; a variant fills `build_scores`."""

    def __init__(self, units: int | None = None, kernel_initializer: Any = "glorot_uniform", **kwargs: Any):
        super().__init__(**kwargs)
        self.units = units
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.supports_masking = True
        self.input_spec = keras.layers.InputSpec(ndim=3)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Creates `kernel` (D, units), and what turns its outputs into scores."""
        size = input_shape[-1]
        units = self.units or size
        self.kernel = self.add_weight(shape=(size, units), initializer=fresh(self.kernel_initializer), name="kernel")
        self.build_scores(units)
        self.input_spec = keras.layers.InputSpec(ndim=3, axes={-1: size})

    def build_scores(self, units: Any) -> None:
        """Creates what turns (B, T, units) into scores; nothing here."""

    def compute_mask(self, inputs: Any, previous_mask: Any | None = None) -> None:
        """The time axis is gone, and the mask with it."""
        return None

    def compute_output_spec(self, inputs: Any, mask: Any = None, return_attention_scores: bool = False) -> Any:
        """The sums, and where asked for the weights, with T in the place of D."""
        shape = self.compute_output_shape(inputs.shape)
        sums = keras.KerasTensor(shape, dtype=self.compute_dtype)
        weights = keras.KerasTensor((*shape[:-1], inputs.shape[1]), dtype=self.compute_dtype)
        return (sums, weights) if return_attention_scores else sums

    def get_config(self) -> dict[str, Any]:
        """What the constructor takes."""
        initializer = keras.initializers.serialize(self.kernel_initializer)
        return {**super().get_config(), "units": self.units, "kernel_initializer": initializer}


@keras.saving.register_keras_serializable(package="syntagma")
class AttentionPooling(TokenAttention):
    """The sum of the tokens' vectors, weighed by how much each matters.

        c = sum_t a_t h_t,    a = softmax_t v' tanh(W h_t)

    Takes (B, T, D) and gives (B, D), and with `return_attention_scores=True` the weights (B, T) too. Padding, known
    from an explicit `mask=` (B, T) or from Keras' implicit one, gets a weight of exactly 0; a row without any real
    token gives zeros. The time axis is gone, and the mask with it.

    Args:
        units: Width of W h, by default D.
        kernel_initializer: Of W (D, units) and v (units,).

    Reference: Lin et al., A Structured Self-attentive Sentence Embedding, ICLR 2017 (with one hop).
    """

    def build_scores(self, units: Any) -> None:
        """Creates `direction` (units,)."""
        draw = fresh(self.kernel_initializer)
        self.direction = self.add_weight(shape=(units,), initializer=draw, name="direction")

    def call(self, inputs: Any, mask: Any | None = None, return_attention_scores: bool = False) -> Any:
        """Returns (B, D), and the weights (B, T) where asked for."""
        inputs = cleared(inputs, mask)
        scores = ops.matmul(ops.tanh(ops.matmul(inputs, self.kernel)), self.direction)  # (B, T)
        weights = masked_softmax(scores, mask)
        pooled = ops.einsum("bt,btd->bd", weights, inputs)
        return (pooled, weights) if return_attention_scores else pooled

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """(B, D)."""
        return (input_shape[0], input_shape[2])
