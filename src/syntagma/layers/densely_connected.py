"""Stack of layers with dense connections between them."""

from typing import Any, Literal

import keras
from keras import ops

from syntagma.errors import InputError
from syntagma.layers.layer_stack import LayerStack


@keras.saving.register_keras_serializable(package="syntagma")
class DenselyConnected(LayerStack):
    """Stack of layers in which each layer receives the stack's input and the outputs of all earlier layers.

        "concatenate":  x_l = f_l([x_0; x_1; ...; x_{l-1}]),    y = [x_0; ...; x_n]
        "sum":          x_l = f_l(x_{l-1}) + x_0 + x_1 + ... + x_{l-1},   y = x_n

    Args:
        layers: Non-empty list of layers. Each layer must preserve all axes except the last. With "sum", each
            layer must preserve the last axis too.
        merge: Way of combining features, "concatenate" (default) or "sum". In machine translation, 8-layer
            decoders reached 20.97 BLEU with sums, 16.99 with residual connections and 1.42 with neither (Britz et al.,
            2017).

    Call arguments:
        inputs: Float tensor of shape (..., D).
        mask: Boolean mask, passed to all layers that accept a mask, including recurrent layers. Defaults to Keras'
            implicit mask, if there is one.

    Output shape:
        (..., D + D_1 + ... + D_n) with "concatenate", or (..., D) with "sum". D_l is the output width of layer l. The
        mask is passed on.

    Raises:
        InputError: If `layers` is empty or contains anything other than Keras layers, `merge` is unknown, or a layer
            changes an axis that it must preserve.

    References: Huang et al., Densely Connected Convolutional Networks, CVPR 2017; the sum: Britz et al., Massive
    Exploration of Neural Machine Translation Architectures, EMNLP 2017.

    Example:
        >>> from syntagma import layers
        >>> import keras
        >>> block = layers.DenselyConnected([layers.LSTM(32, return_sequences=True), keras.layers.Dense(16)])
        >>> block.compute_output_shape((None, None, 64))
        (None, None, 112)
    """

    def __init__(self, layers: Any, merge: Literal["concatenate", "sum"] = "concatenate", **kwargs: Any):
        super().__init__(layers, **kwargs)
        if merge not in ("concatenate", "sum"):
            raise InputError(f"`DenselyConnected` needs a merge of 'concatenate' or 'sum'; got {merge!r}.")
        self.merge = merge

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Build the layers."""
        self._walk(input_shape, build=True)

    def call(self, inputs: Any, mask: Any | None = None) -> Any:
        """Return the concatenated features (..., D + D_1 + ... + D_n), or the sum (..., D)."""
        if self.merge == "sum":
            return self._call_with_sums(inputs, mask)
        features = inputs
        for layer in self.stack:
            features = ops.concatenate([features, self.apply(layer, features, mask)], axis=-1)
        return features

    def _call_with_sums(self, inputs: Any, mask: Any | None) -> Any:
        output = total = inputs
        for layer in self.stack:
            output = self.apply(layer, output, mask) + total
            total = total + output
        return output

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return the shape of the output."""
        return self._walk(input_shape)

    def _walk(self, shape: tuple[int | None, ...], build: bool = False) -> tuple[int | None, ...]:
        for layer in self.stack:
            if build:
                self.build_layer(layer, shape)
            output = self.shape_after(layer, shape)
            if (self.merge == "sum" and tuple(output) != tuple(shape)) or tuple(output[:-1]) != tuple(shape[:-1]):
                raise self.width_error(layer, shape, output, same_width=self.merge == "sum")
            if self.merge == "concatenate":
                shape = (*shape[:-1], shape[-1] + output[-1])  # type: ignore[operator]
        return shape

    def get_config(self) -> dict[str, Any]:
        """Return the layer's configuration."""
        return {**super().get_config(), "merge": self.merge}
