"""Convolutions of several widths side by side."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from syntagma.errors import InputError
from syntagma.layers.initializers import fresh
from syntagma.ops.attention import cleared


@keras.saving.register_keras_serializable(package="syntagma")
class MultiWidthConv1D(keras.layers.Layer):
    """Convolutions of several widths over the same tokens, side by side: the feature maps of Kim's text classifier.

    Takes (B, T, D) and gives (B, T, len(widths) * filters); `MaskedMaxPooling1D` after it makes a vector a text.
    Windows may reach over the ends of a text, where they see zeros, so that a text shorter than a filter has windows
    too. What stands at masked tokens is cleared before and after; the mask passes through (`keras.layers.Conv1D` drops
    it).

    Args:
        filters: Feature maps of each width.
        widths: In tokens.
        activation: Of the feature maps.
        norm_limit: Largest norm of a filter, after each step of training; `None` for no limit.
        kernel_initializer: Of the filters.

    Raises:
        InputError: No width, one under 1, one twice, or a norm limit that is not positive.

    Reference: Kim, Convolutional Neural Networks for Sentence Classification, EMNLP 2014; Zhang and Wallace, A
    Sensitivity Analysis of Convolutional Neural Networks for Sentence Classification, 2015.
    """

    def __init__(
        self,
        filters: int = 100,
        widths: Sequence[int] = (3, 4, 5),
        activation: Any = "relu",
        norm_limit: float | None = None,
        kernel_initializer: Any = "glorot_uniform",
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        widths = tuple(widths)
        if not widths or min(widths) < 1 or len(set(widths)) < len(widths):
            raise InputError(f"`MultiWidthConv1D` needs different widths of 1 or more; got {widths}.")
        if norm_limit is not None and norm_limit <= 0:
            raise InputError(f"`MultiWidthConv1D` needs a norm limit over 0, or None; got {norm_limit}.")
        self.filters = filters
        self.widths = widths
        self.activation = keras.activations.get(activation)
        self.norm_limit = norm_limit
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.supports_masking = True
        self.input_spec = keras.layers.InputSpec(ndim=3)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Creates the convolutions."""
        self.convolutions = [self._convolution(width) for width in self.widths]
        for convolution in self.convolutions:
            convolution.build(input_shape)
        self.input_spec = keras.layers.InputSpec(ndim=3, axes={-1: input_shape[-1]})

    def _convolution(self, width: int) -> Any:
        limit = None if self.norm_limit is None else keras.constraints.MaxNorm(self.norm_limit, axis=[0, 1])
        return keras.layers.Conv1D(
            self.filters,
            width,
            padding="same",
            activation=self.activation,
            kernel_initializer=fresh(self.kernel_initializer),
            kernel_constraint=limit,
            dtype=self.dtype_policy,
            name=f"width_{width}",
        )

    def call(self, inputs: Any, mask: Any | None = None) -> Any:
        """Returns the feature maps (B, T, len(widths) * filters)."""
        inputs = cleared(inputs, mask)
        maps = [convolution(inputs) for convolution in self.convolutions]
        return cleared(ops.concatenate(maps, axis=-1), mask)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """(B, T, D) becomes (B, T, len(widths) * filters)."""
        return (*input_shape[:2], len(self.widths) * self.filters)

    def get_config(self) -> dict[str, Any]:
        """What the constructor takes."""
        return {
            **super().get_config(),
            "filters": self.filters,
            "widths": self.widths,
            "activation": keras.activations.serialize(self.activation),
            "norm_limit": self.norm_limit,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }
