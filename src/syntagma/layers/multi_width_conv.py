"""Parallel 1D convolutions of several widths."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from syntagma.errors import InputError
from syntagma.layers.initializers import clone_initializer
from syntagma.ops.attention import clear_masked


@keras.saving.register_keras_serializable(package="syntagma")
class MultiWidthConv1D(keras.layers.Layer):
    """Parallel 1D convolutions of several widths, which compute the feature maps of Kim's text classifier.

    Add `MaskedMaxPooling1D` after the layer to get one vector per text. Windows may extend beyond either end of a text,
    where they read zeros, so the layer also accepts texts that are shorter than a filter.

    Args:
        filters: Positive integer, number of feature maps per width. Defaults to 100.
        widths: Distinct positive integers, filter widths in tokens. Defaults to (3, 4, 5).
        activation: Activation of the feature maps. Defaults to "relu".
        norm_limit: Positive float, maximum L2 norm of each filter, enforced after each training step. `None` (default)
            sets no limit.
        kernel_initializer: Initializer of the filters. Defaults to "glorot_uniform".

    Call arguments:
        inputs: Float tensor of shape (B, T, D).
        mask: Boolean tensor (B, T), `True` at real tokens. Defaults to Keras' implicit mask, if there is one.

    Output shape:
        (B, T, len(widths) * filters).

    Masking:
        Inputs and outputs at masked tokens are set to zero. The mask is passed on. (`keras.layers.Conv1D`
        drops the mask.)

    Raises:
        InputError: If `widths` is empty, or contains duplicates or a width below 1, or if `norm_limit` is not positive.

    References: Kim, Convolutional Neural Networks for Sentence Classification, EMNLP 2014; Zhang and Wallace, A
    Sensitivity Analysis of Convolutional Neural Networks for Sentence Classification, 2015.

    Example:
        >>> from syntagma import layers
        >>> import keras
        >>> model = keras.Sequential([
        ...     keras.Input((None, 50)),
        ...     layers.MultiWidthConv1D(100, widths=(2, 3, 4)),
        ...     layers.MaskedMaxPooling1D(),
        ... ])
        >>> model.output_shape
        (None, 300)
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
        """Create the convolutions."""
        self.convolutions = [self._make_convolution(width) for width in self.widths]
        for convolution in self.convolutions:
            convolution.build(input_shape)
        self.input_spec = keras.layers.InputSpec(ndim=3, axes={-1: input_shape[-1]})

    def _make_convolution(self, width: int) -> Any:
        limit = None if self.norm_limit is None else keras.constraints.MaxNorm(self.norm_limit, axis=[0, 1])
        return keras.layers.Conv1D(
            self.filters,
            width,
            padding="same",
            activation=self.activation,
            kernel_initializer=clone_initializer(self.kernel_initializer),
            kernel_constraint=limit,
            dtype=self.dtype_policy,
            name=f"width_{width}",
        )

    def call(self, inputs: Any, mask: Any | None = None) -> Any:
        """Return the feature maps (B, T, len(widths) * filters)."""
        inputs = clear_masked(inputs, mask)
        maps = [convolution(inputs) for convolution in self.convolutions]
        return clear_masked(ops.concatenate(maps, axis=-1), mask)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return the shape (B, T, len(widths) * filters)."""
        return (*input_shape[:2], len(self.widths) * self.filters)

    def get_config(self) -> dict[str, Any]:
        """Return the layer's configuration."""
        return {
            **super().get_config(),
            "filters": self.filters,
            "widths": self.widths,
            "activation": keras.activations.serialize(self.activation),
            "norm_limit": self.norm_limit,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }
