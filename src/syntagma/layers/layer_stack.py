"""A layer made of other layers."""

import inspect
from collections.abc import Sequence
from typing import Any, Self

import keras

from syntagma.errors import InputError


class LayerStack(keras.layers.Layer):
    """Holds layers that keep the time axis, and hands each its mask."""

    def __init__(self, layers: Any, **kwargs: Any):
        super().__init__(**kwargs)
        self.stack = list(layers) if isinstance(layers, Sequence) else [layers]
        if not self.stack or not all(isinstance(layer, keras.layers.Layer) for layer in self.stack):
            raise InputError(f"`{type(self).__name__}` needs a Keras layer, or a list of them; got {layers!r}.")
        self.supports_masking = True

    @staticmethod
    def build_layer(layer: keras.layers.Layer, shape: Any) -> None:
        """Builds a layer, unless loading has done so."""
        if not layer.built:
            layer.build(shape)

    @staticmethod
    def shape_after(layer: keras.layers.Layer, shape: Any) -> tuple[int | None, ...]:
        """The shape that a layer gives, also of one that does not say it."""
        try:
            return tuple(layer.compute_output_shape(shape))
        except NotImplementedError:
            return tuple(layer.compute_output_spec(keras.KerasTensor(shape)).shape)

    @staticmethod
    def apply(layer: keras.layers.Layer, inputs: Any, mask: Any | None) -> Any:
        """Calls a layer, with the mask where it takes one: implicit ones end at recurrent layers of Keras 3.16."""
        takes_mask = mask is not None and "mask" in inspect.signature(layer.call).parameters
        return layer(inputs, mask=mask) if takes_mask else layer(inputs)

    def width_error(
        self, layer: Any, wanted: tuple[int | None, ...], got: tuple[int | None, ...], same_width: bool = True
    ) -> InputError:
        """The error for a layer that changes what may not change."""
        units = "as many units, and " if same_width else ""
        return InputError(
            f"`{type(self).__name__}` puts what goes into a layer, of shape {tuple(wanted)}, together with what comes "
            f"out; {layer.name!r} gives {tuple(got)}. Give it {units}`return_sequences=True` if it is recurrent."
        )

    def get_config(self) -> dict[str, Any]:
        """What the constructor takes."""
        return {**super().get_config(), "layers": [keras.saving.serialize_keras_object(one) for one in self.stack]}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """The layer with its layers."""
        layers = [keras.saving.deserialize_keras_object(one) for one in config["layers"]]
        return cls(**{**config, "layers": layers})
