"""Pooling over the whole time axis in which padding never takes part."""

from typing import Any, ClassVar

import keras

from syntagma.errors import InputError
from syntagma.ops.pooling import k_max, last_state, masked_average, masked_max


class _MaskedPooling1D(keras.layers.Layer):
    pool: ClassVar[Any]

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.input_spec = keras.layers.InputSpec(ndim=3)

    def call(self, inputs: Any, mask: Any | None = None) -> Any:
        """Returns (B, D)."""
        return self.pool(inputs, mask)

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

    pool = staticmethod(masked_max)


@keras.saving.register_keras_serializable(package="syntagma")
class MaskedAveragePooling1D(_MaskedPooling1D):
    """The mean over the real tokens, (B, T, D) to (B, D).

    Padding, known from an explicit `mask=` (B, T) or from Keras' implicit one, does not count; a row without any real
    token gives zeros, where `keras.layers.GlobalAveragePooling1D` gives NaN.
    """

    pool = staticmethod(masked_average)


@keras.saving.register_keras_serializable(package="syntagma")
class LastState(_MaskedPooling1D):
    """What stands at the last real token, (B, T, D) to (B, D).

    Of the outputs of an LSTM this is its last state, also where the padding stands behind. Padding is known from an
    explicit `mask=` (B, T) or from Keras' implicit one; a row without any real token gives zeros.
    """

    pool = staticmethod(last_state)


@keras.saving.register_keras_serializable(package="syntagma")
class KMaxPooling1D(_MaskedPooling1D):
    """The k largest values over time of each feature, in their original order, (B, T, D) to (B, k, D).

    Padding, known from an explicit `mask=` (B, T) or from Keras' implicit one, never wins; where fewer than k tokens
    are real, zeros stand behind their values. The k places are no longer steps of the text, so no mask is passed on.

    Args:
        k: How many values. Zhang and Wallace (2015) found 1 the best for classification.

    Raises:
        InputError: k under 1.

    Reference: Kalchbrenner, Grefenstette and Blunsom, A Convolutional Neural Network for Modelling Sentences, ACL 2014.
    """

    def __init__(self, k: int = 3, **kwargs: Any):
        super().__init__(**kwargs)
        if k < 1:
            raise InputError(f"`KMaxPooling1D` needs a k of 1 or more; got {k}.")
        self.k = k

    def call(self, inputs: Any, mask: Any | None = None) -> Any:
        """Returns (B, k, D)."""
        return k_max(inputs, self.k, mask)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """(B, T, D) becomes (B, k, D)."""
        return (input_shape[0], self.k, input_shape[2])

    def get_config(self) -> dict[str, Any]:
        """What the constructor takes."""
        return {**super().get_config(), "k": self.k}
