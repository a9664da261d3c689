"""A way around a stack of layers."""

from typing import Any

import keras

from syntagma.layers.layer_stack import LayerStack


@keras.saving.register_keras_serializable(package="syntagma")
class Residual(LayerStack):
    """Adds what goes into a stack of layers to what comes out: y = x + f(x).

    Takes and gives what the stack takes and gives, (..., D). A mask is handed to the layers that take one, recurrent
    ones too, and passes through. A stack of n `Residual(layer)` has a way around each layer; `Residual([a, b])` has one
    around both.

    Args:
        layers: A layer or a list of layers, which together keep the shape.

    Raises:
        InputError: No layer, or layers that change the shape.

    Reference: He et al., Deep Residual Learning for Image Recognition, CVPR 2016.

    >>> block = Residual(keras.layers.Bidirectional(keras.layers.LSTM(32, return_sequences=True)))  # for D = 64
    """

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Builds the layers."""
        shape = input_shape
        for layer in self.stack:
            self.build_layer(layer, shape)
            shape = self.shape_after(layer, shape)
        if tuple(shape) != tuple(input_shape):
            raise self.width_error(self.stack[-1], input_shape, shape)

    def call(self, inputs: Any, mask: Any | None = None) -> Any:
        """Returns (..., D)."""
        outputs = inputs
        for layer in self.stack:
            outputs = self.apply(layer, outputs, mask)
        return inputs + outputs

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """The shape stays."""
        return input_shape
