"""Linear projection to fewer features."""

from typing import Any

import keras

from syntagma.errors import InputError


@keras.saving.register_keras_serializable(package="syntagma")
class DownProjection(keras.layers.Dense):
    """Linear projection to fewer features, h' = W h, for use before a wide output layer.

    The projection and an output layer with V classes then need p n + V p weights instead of V n. The layer works like
    `keras.layers.Dense`, but has no bias by default and cannot increase the number of features. For a projection inside
    the recurrence of an LSTM, use `syntagma.layers.LSTM(512, projection_units=128)`.

    Args:
        units: Positive integer p, number of output features, at most the number of input features n.
        use_bias: Whether to add a bias. Defaults to False.
        **options: Arguments of `keras.layers.Dense`.

    Input shape:
        (..., n).

    Output shape:
        (..., p). A mask passes through.

    Raises:
        InputError: If `units` exceeds the number of input features.

    Reference: Melis, Dyer and Blunsom, On the State of the Art of Evaluation in Neural Language Models, 2017.

    Example:
        >>> from syntagma import layers
        >>> import keras
        >>> model = keras.Sequential([keras.Input((None, 512)), layers.DownProjection(128), keras.layers.Dense(10_000)])
        >>> model.count_params()  # instead of 5,130,000
        1355536
    """

    def __init__(self, units: int, use_bias: bool = False, **options: Any):
        super().__init__(units, use_bias=use_bias, **options)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Create `kernel` (n, p) and, with `use_bias`, `bias` (p,)."""
        size = input_shape[-1]
        if size is not None and self.units > size:
            raise InputError(
                f"`DownProjection` needs at most as many units as the input has features; got {self.units} "
                f"units for {size} features."
            )
        super().build(input_shape)
