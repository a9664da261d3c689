"""A narrow place before a wide output."""

from typing import Any

import keras

from syntagma.errors import InputError


@keras.saving.register_keras_serializable(package="syntagma")
class DownProjection(keras.layers.Dense):
    """A linear map to fewer features, h' = W h, before an output of many: p n + V p weights in place of V n.

    Takes (..., n) and gives (..., p); a mask passes through. It is `keras.layers.Dense` without bias that refuses to
    project up. Inside the loop of an LSTM: `syntagma.layers.LSTM(512, projection_units=128)`.

    Args:
        units: p, at most n.
        use_bias: Whether it has a bias.
        **options: As of `keras.layers.Dense`.

    Raises:
        InputError: More units than the input has features.

    Reference: Melis, Dyer and Blunsom, On the State of the Art of Evaluation in Neural Language Models, 2017.
    """

    def __init__(self, units: int, use_bias: bool = False, **options: Any):
        super().__init__(units, use_bias=use_bias, **options)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Creates `kernel` (n, p)."""
        size = input_shape[-1]
        if size is not None and self.units > size:
            raise InputError(f"`DownProjection` makes features fewer; got {self.units} units for {size} features.")
        super().build(input_shape)
