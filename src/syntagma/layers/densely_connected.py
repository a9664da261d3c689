"""A stack in which every layer sees all before it."""

from typing import Any, Literal

import keras
from keras import ops

from syntagma.errors import InputError
from syntagma.layers.layer_stack import LayerStack


@keras.saving.register_keras_serializable(package="syntagma")
class DenselyConnected(LayerStack):
    """A stack of layers in which what goes in and all that came out reaches every layer.

        concatenated:  x_l = f_l([x_0; x_1; ...; x_{l-1}]),    y = [x_0; ...; x_n]
        summed:        x_l = f_l(x_{l-1}) + x_0 + x_1 + ... + x_{l-1},   y = x_n

    Takes (..., D) and gives (..., D + D_1 + ... + D_n) or, summed, (..., D). A mask is handed to the layers that take
    one, recurrent ones too, and passes through.

    Args:
        layers: A list of layers, which keep all axes but the last; summed, that one too.
        merge: "concatenate" or "sum". Decoders of 8 layers had 20.97 BLEU with sums, 16.99 with residual connections
            and 1.42 with none (Britz et al., 2017).

    Raises:
        InputError: No layer, another merge, or layers that change a shape they may not.

    References: Huang et al., Densely Connected Convolutional Networks, CVPR 2017; the sum: Britz et al., Massive
    Exploration of Neural Machine Translation Architectures, EMNLP 2017.
    """

    def __init__(self, layers: Any, merge: Literal["concatenate", "sum"] = "concatenate", **kwargs: Any):
        super().__init__(layers, **kwargs)
        if merge not in ("concatenate", "sum"):
            raise InputError(f"`DenselyConnected` merges by 'concatenate' or 'sum'; got {merge!r}.")
        self.merge = merge

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Builds the layers."""
        self._walk(input_shape, build=True)

    def call(self, inputs: Any, mask: Any | None = None) -> Any:
        """Returns all together, (..., D') or, summed, (..., D)."""
        if self.merge == "sum":
            return self._summed(inputs, mask)
        together = inputs
        for layer in self.stack:
            together = ops.concatenate([together, self.apply(layer, together, mask)], axis=-1)
        return together

    def _summed(self, inputs: Any, mask: Any | None) -> Any:
        latest = so_far = inputs
        for layer in self.stack:
            latest = self.apply(layer, latest, mask) + so_far
            so_far = so_far + latest
        return latest

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """The last axis is as wide as all together."""
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
        """What the constructor takes."""
        return {**super().get_config(), "merge": self.merge}
