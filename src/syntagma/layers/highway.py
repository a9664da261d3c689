"""A layer that learns how much of its input to let through."""

from typing import Any

import keras

from syntagma.layers.initializers import fresh
from syntagma.ops.connections import highway


@keras.saving.register_keras_serializable(package="syntagma")
class Highway(keras.layers.Layer):
    """A dense layer with a gate between what it makes and what it was given.

        y = t g(W x + b) + (1 - t) x,    t = sigmoid(W_T x + b_T)

    Takes (..., D) and gives (..., D); a mask passes through.

    Args:
        activation: g.
        transform_bias: First value of b_T. Negative: at first the layer mostly hands its input on, so that deep stacks
            can be trained; Srivastava et al. suggest -1 to -3.
        kernel_initializer: Of W and W_T (D, D).

    Reference: Srivastava, Greff and Schmidhuber, Highway Networks, 2015.

    >>> model = keras.Sequential([keras.Input((16,)), Highway(), Highway(), keras.layers.Dense(1)])
    """

    def __init__(
        self,
        activation: Any = "relu",
        transform_bias: float = -2.0,
        kernel_initializer: Any = "glorot_uniform",
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.activation = keras.activations.get(activation)
        self.transform_bias = transform_bias
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.supports_masking = True
        self.input_spec = keras.layers.InputSpec(min_ndim=2)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Creates the two dense layers, `transform` and `gate`."""
        size = input_shape[-1]

        def dense(activation: Any, **options: Any) -> Any:
            draw = fresh(self.kernel_initializer)
            return keras.layers.Dense(size, activation, kernel_initializer=draw, dtype=self.dtype_policy, **options)

        bias = keras.initializers.Constant(self.transform_bias)
        self.transform = dense(self.activation, name="transform")
        self.gate = dense("sigmoid", bias_initializer=bias, name="gate")
        self.transform.build(input_shape)
        self.gate.build(input_shape)
        self.input_spec = keras.layers.InputSpec(min_ndim=2, axes={-1: size})

    def call(self, inputs: Any) -> Any:
        """Returns (..., D)."""
        return highway(inputs, self.transform(inputs), self.gate(inputs))

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """The shape stays."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """What the constructor takes."""
        return {
            **super().get_config(),
            "activation": keras.activations.serialize(self.activation),
            "transform_bias": self.transform_bias,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }
