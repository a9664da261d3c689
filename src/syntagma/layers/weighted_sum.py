"""A sum of tensors with fixed shares."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="syntagma")
class WeightedSum(keras.layers.Layer):
    """The sum of several tensors of one shape, each times a share that is set, not trained.

        y = sum_i c_i x_i

    Takes a list of n tensors and gives one of their shape. Shares are 1 until `set_shares` changes them; a layer that
    mixes the logits of several models gets those that suit rows which none of them was trained on.
    """

    def build(self, input_shape: list[tuple[int | None, ...]]) -> None:
        """Creates `shares` (n,)."""
        self.shares = self.add_weight(shape=(len(input_shape),), initializer="ones", trainable=False, name="shares")

    def set_shares(self, shares: Any) -> None:
        """Sets c, (n,)."""
        self.shares.assign(shares)

    def call(self, inputs: list[Any]) -> Any:
        """Returns the sum."""
        return sum(self.shares[place] * ops.cast(x, self.shares.dtype) for place, x in enumerate(inputs))

    def compute_output_shape(self, input_shape: list[tuple[int | None, ...]]) -> tuple[int | None, ...]:
        """That of the first."""
        return tuple(input_shape[0])
