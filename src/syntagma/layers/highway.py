"""Highway layer, which mixes its input with a transformed version of the input."""

from typing import Any

import keras

from syntagma.layers.initializers import clone_initializer
from syntagma.ops.connections import highway


@keras.saving.register_keras_serializable(package="syntagma")
class Highway(keras.layers.Layer):
    """Highway layer: a gate mixes a dense transformation of the input with the input itself.

        y = t g(W x + b) + (1 - t) x,    t = sigmoid(W_T x + b_T)

    Args:
        activation: Activation g. Defaults to "relu".
        transform_bias: Float, initial value of b_T. With a negative value, the layer initially passes its input
            through almost unchanged, so deep stacks can be trained. Defaults to -2.0. Srivastava et al. suggest -1
            to -3.
        kernel_initializer: Initializer of W and W_T, both of shape (D, D). Defaults to "glorot_uniform".

    Input shape:
        (..., D).

    Output shape:
        (..., D). A mask passes through.

    Reference: Srivastava, Greff and Schmidhuber, Highway Networks, 2015.

    Example:
        >>> from syntagma import layers
        >>> import keras
        >>> model = keras.Sequential([
        ...     keras.Input((16,)),
        ...     layers.Highway(),
        ...     layers.Highway(),
        ...     keras.layers.Dense(1),
        ... ])
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
        """Create the dense layers `transform` and `gate`."""
        size = input_shape[-1]

        def dense(activation: Any, **options: Any) -> Any:
            kernel = clone_initializer(self.kernel_initializer)
            return keras.layers.Dense(size, activation, kernel_initializer=kernel, dtype=self.dtype_policy, **options)

        bias = keras.initializers.Constant(self.transform_bias)
        self.transform = dense(self.activation, name="transform")
        self.gate = dense("sigmoid", bias_initializer=bias, name="gate")
        self.transform.build(input_shape)
        self.gate.build(input_shape)
        self.input_spec = keras.layers.InputSpec(min_ndim=2, axes={-1: size})

    def call(self, inputs: Any) -> Any:
        """Return the mixture (..., D) of the input and its transformation."""
        return highway(inputs, self.transform(inputs), self.gate(inputs))

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return the input shape."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Return the layer's configuration."""
        return {
            **super().get_config(),
            "activation": keras.activations.serialize(self.activation),
            "transform_bias": self.transform_bias,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }
