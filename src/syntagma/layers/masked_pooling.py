"""Pooling over the whole time axis in which padding never takes part."""

from typing import Any

import keras

from syntagma.ops.pooling import masked_average, masked_max


class _MaskedPooling1D(keras.layers.Layer):
    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.input_spec = keras.layers.InputSpec(ndim=3)

    def compute_mask(self, inputs: Any, previous_mask: Any | None = None) -> None:
        """The time axis is gone, and the mask with it."""
        return None

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """(B, T, D) becomes (B, D)."""
        return (input_shape[0], input_shape[2])


@keras.saving.register_keras_serializable(package="syntagma")
class MaskedMaxPooling1D(_MaskedPooling1D):
    """The largest value over time, (B, T, D) to (B, D).

    Padding, known from an explicit `mask=` (B, T) or from Keras' implicit one, never wins; a row without any real token
    gives zeros. `keras.layers.GlobalMaxPooling1D` drops the mask instead.

    Example:
        >>> import numpy as np
        >>> x = np.array([[[-1.0], [-2.0], [9.0]]], "float32")
        >>> float(MaskedMaxPooling1D()(x, mask=np.array([[True, True, False]]))[0, 0])
        -1.0
    """

    def call(self, inputs: Any, mask: Any | None = None) -> Any:
        """Returns (B, D)."""
        return masked_max(inputs, mask)


@keras.saving.register_keras_serializable(package="syntagma")
class MaskedAveragePooling1D(_MaskedPooling1D):
    """The mean over the real tokens, (B, T, D) to (B, D).

    Padding, known from an explicit `mask=` (B, T) or from Keras' implicit one, does not count; a row without any real
    token gives zeros, where `keras.layers.GlobalAveragePooling1D` gives NaN.
    """

    def call(self, inputs: Any, mask: Any | None = None) -> Any:
        """Returns (B, D)."""
        return masked_average(inputs, mask)
