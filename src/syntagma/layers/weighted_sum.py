"""Weighted sum of several tensors."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="syntagma")
class WeightedSum(keras.layers.Layer):
    """Weighted sum of several tensors of the same shape, with weights that are set rather than trained.

        y = sum_i c_i x_i

    The weights c, called shares, are 1 until `set_shares` changes them. To combine the logits of several models, choose
    the shares on data that was not used to train any of the models.

    Call arguments:
        inputs: List of n tensors of the same shape.

    Output shape:
        The shape of a single input.

    Example:
        >>> import numpy as np
        >>> from syntagma import layers
        >>> layer = layers.WeightedSum()
        >>> layer.build([(None, 1), (None, 1)])
        >>> layer.set_shares([0.5, 2.0])
        >>> float(layer([np.array([[4.0]]), np.array([[3.0]])])[0, 0])
        8.0
    """

    def build(self, input_shape: list[tuple[int | None, ...]]) -> None:
        """Create `shares` (n,)."""
        self.shares = self.add_weight(shape=(len(input_shape),), initializer="ones", trainable=False, name="shares")

    def set_shares(self, shares: Any) -> None:
        """Set the weights c to the n values in `shares`."""
        self.shares.assign(shares)

    def call(self, inputs: list[Any]) -> Any:
        """Return the weighted sum."""
        return sum(self.shares[index] * ops.cast(x, self.shares.dtype) for index, x in enumerate(inputs))

    def compute_output_shape(self, input_shape: list[tuple[int | None, ...]]) -> tuple[int | None, ...]:
        """Return the shape of the first input."""
        return tuple(input_shape[0])
