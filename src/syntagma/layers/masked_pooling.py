"""Pooling over time that ignores padding."""

from typing import Any, ClassVar

import keras

from syntagma.errors import InputError
from syntagma.ops.pooling import k_max, last_state, masked_average, masked_max


class _MaskedPooling1D(keras.layers.Layer):
    """Base class of layers that pool over time. A subclass sets `pool`, a function of the inputs and the mask."""

    pool: ClassVar[Any]

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.input_spec = keras.layers.InputSpec(ndim=3)

    def call(self, inputs: Any, mask: Any | None = None) -> Any:
        """Return the pooled vectors (B, D)."""
        return self.pool(inputs, mask)

    def compute_mask(self, inputs: Any, previous_mask: Any | None = None) -> None:
        """Return `None`, because the output has no time axis."""
        return None

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return the shape (B, D)."""
        return (input_shape[0], input_shape[2])


@keras.saving.register_keras_serializable(package="syntagma")
class MaskedMaxPooling1D(_MaskedPooling1D):
    """Max pooling over time that ignores padding.

    The output is zero for a text without real tokens. Unlike this layer,
    `keras.layers.GlobalMaxPooling1D` ignores the mask and also pools over padding.

    Call arguments:
        inputs: Float tensor of shape (B, T, D).
        mask: Boolean tensor (B, T), `True` at real tokens. Defaults to Keras' implicit mask, if there is one.

    Output shape:
        (B, D). No mask is passed on, because the output has no time axis.

    Example:
        >>> import numpy as np
        >>> from syntagma import layers
        >>> x = np.array([[[-1.0], [-2.0], [9.0]]], "float32")
        >>> float(layers.MaskedMaxPooling1D()(x, mask=np.array([[True, True, False]]))[0, 0])
        -1.0
    """

    pool = staticmethod(masked_max)


@keras.saving.register_keras_serializable(package="syntagma")
class MaskedAveragePooling1D(_MaskedPooling1D):
    """Average pooling over time that ignores padding.

    The output is zero for a text without real tokens, while `keras.layers.GlobalAveragePooling1D` returns NaN.

    Call arguments:
        inputs: Float tensor of shape (B, T, D).
        mask: Boolean tensor (B, T), `True` at real tokens. Defaults to Keras' implicit mask, if there is one.

    Output shape:
        (B, D). No mask is passed on, because the output has no time axis.

    Example:
        >>> import numpy as np
        >>> from syntagma import layers
        >>> x = np.array([[[1.0], [2.0], [9.0]]], "float32")
        >>> float(layers.MaskedAveragePooling1D()(x, mask=np.array([[True, True, False]]))[0, 0])
        1.5
    """

    pool = staticmethod(masked_average)


@keras.saving.register_keras_serializable(package="syntagma")
class LastState(_MaskedPooling1D):
    """Pooling that selects the vector of the last real token of each text.

    The output is zero for a text without real tokens.

    Call arguments:
        inputs: Float tensor of shape (B, T, D).
        mask: Boolean tensor (B, T), `True` at real tokens. Defaults to Keras' implicit mask, if there is one.

    Output shape:
        (B, D). No mask is passed on, because the output has no time axis.

    Example:
        >>> import numpy as np
        >>> from syntagma import layers
        >>> x = np.array([[[1.0], [2.0], [9.0]]], "float32")
        >>> float(layers.LastState()(x, mask=np.array([[True, True, False]]))[0, 0])
        2.0
    """

    pool = staticmethod(last_state)


@keras.saving.register_keras_serializable(package="syntagma")
class KMaxPooling1D(_MaskedPooling1D):
    """k-max pooling, which keeps the k largest values of each feature over time in their original order.

    Args:
        k: Positive integer, number of values to keep per feature. Defaults to 3. Zhang and Wallace (2015) found
            k = 1 to be best for classification.

    Call arguments:
        inputs: Float tensor of shape (B, T, D).
        mask: Boolean tensor (B, T), `True` at real tokens. Defaults to Keras' implicit mask, if there is one.

    Output shape:
        (B, k, D). No mask is passed on, because the k values are not time steps.

    Masking:
        Padding is ignored. If a text has fewer than k real tokens, the values are followed by zeros.

    Raises:
        InputError: If `k` is below 1.

    Reference: Kalchbrenner, Grefenstette and Blunsom, A Convolutional Neural Network for Modelling Sentences, ACL 2014.

    Example:
        >>> import numpy as np
        >>> from syntagma import layers
        >>> x = np.array([[[3.0], [1.0], [2.0], [9.0]]], "float32")
        >>> mask = np.array([[True, True, True, False]])
        >>> np.array(layers.KMaxPooling1D(2)(x, mask=mask))[0, :, 0].tolist()
        [3.0, 2.0]
    """

    def __init__(self, k: int = 3, **kwargs: Any):
        super().__init__(**kwargs)
        if k < 1:
            raise InputError(f"`KMaxPooling1D` needs a k of 1 or more; got {k}.")
        self.k = k

    def call(self, inputs: Any, mask: Any | None = None) -> Any:
        """Return a tensor (B, k, D) with the k largest values of each feature."""
        return k_max(inputs, self.k, mask)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return the shape (B, k, D)."""
        return (input_shape[0], self.k, input_shape[2])

    def get_config(self) -> dict[str, Any]:
        """Return the layer's configuration."""
        return {**super().get_config(), "k": self.k}
