"""Base class of layers that contain other layers."""

import inspect
from collections.abc import Sequence
from typing import Any, Self

import keras

from syntagma.errors import InputError


class LayerStack(keras.layers.Layer):
    """Base class of layers that call a list of other layers and pass the mask to each layer that accepts a mask."""

    def __init__(self, layers: Any, **kwargs: Any):
        super().__init__(**kwargs)
        self.stack = list(layers) if isinstance(layers, Sequence) else [layers]
        if not self.stack or not all(isinstance(layer, keras.layers.Layer) for layer in self.stack):
            raise InputError(f"`{type(self).__name__}` needs a Keras layer, or a list of them; got {layers!r}.")
        self.supports_masking = True

    @staticmethod
    def build_layer(layer: keras.layers.Layer, shape: Any) -> None:
        """Build a layer, unless it is already built, for example after loading."""
        if not layer.built:
            layer.build(shape)

    @staticmethod
    def shape_after(layer: keras.layers.Layer, shape: Any) -> tuple[int | None, ...]:
        """Return the output shape of a layer, even if it does not implement `compute_output_shape`."""
        try:
            return tuple(layer.compute_output_shape(shape))
        except NotImplementedError:
            return tuple(layer.compute_output_spec(keras.KerasTensor(shape)).shape)

    @staticmethod
    def apply(layer: keras.layers.Layer, inputs: Any, mask: Any | None) -> Any:
        """Call a layer, and pass it the mask if it accepts one.

        The mask is passed explicitly, because the recurrent layers of Keras 3.16 drop the implicit mask.
        """
        takes_mask = mask is not None and "mask" in inspect.signature(layer.call).parameters
        return layer(inputs, mask=mask) if takes_mask else layer(inputs)

    def width_error(
        self, layer: Any, wanted: tuple[int | None, ...], got: tuple[int | None, ...], same_width: bool = True
    ) -> InputError:
        """Return the error for a layer that changes an axis that it must preserve.

        Args:
            layer: Layer in question.
            wanted: Shape of the inputs of the layer.
            got: Shape of the outputs of the layer.
            same_width: Whether the layer must preserve the last axis too.
        """
        units = f"{wanted[-1]} units, and " if same_width else ""
        return InputError(
            f"`{type(self).__name__}` merges the inputs of a layer, of shape {tuple(wanted)}, with its outputs; "
            f"{layer.name!r} returns {tuple(got)}. Give it {units}`return_sequences=True` if it is recurrent."
        )

    def get_config(self) -> dict[str, Any]:
        """Return the configuration of the layer, including the configurations of the layers in the stack."""
        return {**super().get_config(), "layers": [keras.saving.serialize_keras_object(one) for one in self.stack]}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Create the layer, including the layers in the stack, from a configuration."""
        layers = [keras.saving.deserialize_keras_object(one) for one in config["layers"]]
        return cls(**{**config, "layers": layers})
