"""Residual connection around other layers."""

from typing import Any

import keras

from syntagma.layers.layer_stack import LayerStack


@keras.saving.register_keras_serializable(package="syntagma")
class Residual(LayerStack):
    """Residual connection around one or more layers: y = x + f(x).

    Use a separate `Residual(layer)` for each layer to add a connection around each layer. Use `Residual([a, b])` for a
    single connection around both layers.

    Args:
        layers: Layer, or non-empty list of layers that are called one after the other. The output must have the
            shape of the input.

    Call arguments:
        inputs: Float tensor of shape (..., D).
        mask: Boolean mask, passed to all layers that accept a mask, including recurrent layers. Defaults to Keras'
            implicit mask, if there is one.

    Output shape:
        (..., D). The mask is passed on.

    Raises:
        InputError: If `layers` is empty or contains anything other than Keras layers, or if the output does not have
            the shape of the input.

    Reference: He et al., Deep Residual Learning for Image Recognition, CVPR 2016.

    Example:
        >>> from syntagma import layers
        >>> import keras
        >>> lstm = keras.layers.Bidirectional(layers.LSTM(32, return_sequences=True))
        >>> model = keras.Sequential([keras.Input((None, 64)), layers.Residual(lstm)])
    """

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Build the layers."""
        shape = input_shape
        for layer in self.stack:
            self.build_layer(layer, shape)
            shape = self.shape_after(layer, shape)
        if tuple(shape) != tuple(input_shape):
            raise self.width_error(self.stack[-1], input_shape, shape)

    def call(self, inputs: Any, mask: Any | None = None) -> Any:
        """Return the sum x + f(x), of shape (..., D)."""
        outputs = inputs
        for layer in self.stack:
            outputs = self.apply(layer, outputs, mask)
        return inputs + outputs

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return the input shape."""
        return input_shape
