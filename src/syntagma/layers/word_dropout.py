"""Dropout of whole tokens."""

from typing import Any

import keras
from keras import ops

from syntagma.errors import InputError
from syntagma.ops.dropout import drop_words


class SeededDropout(keras.layers.Layer):
    """What dropouts of whole words have in common: a rate, and a random generator of their own."""

    def __init__(self, rate: float, seed: int | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        if not 0 <= rate < 1:
            raise InputError(f"`{type(self).__name__}` needs a rate in [0, 1); got {rate}. Use 0 to switch it off.")
        self.rate = rate
        self.seed = seed
        self.supports_masking = True
        self.seed_generator = keras.random.SeedGenerator(seed) if rate > 0 else None

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """The shape stays."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """What the constructor takes."""
        return {**super().get_config(), "rate": self.rate, "seed": self.seed}


@keras.saving.register_keras_serializable(package="syntagma")
class WordDropout(SeededDropout):
    """Sets the vectors of randomly chosen tokens to zero during training.

    The vectors that stay are not rescaled: the layers above see whole words or none (Dai and Le, 2015, use it so for
    text; `keras.layers.Dropout(noise_shape=(None, None, 1))` rescales).

    Args:
        rate: Share of tokens to drop, in [0, 1).
        seed: Integer seed of the layer's own random generator.

    Takes (B, T, D) and gives (B, T, D); a mask passes through unchanged. At inference it does nothing.
    """

    def __init__(self, rate: float, seed: int | None = None, **kwargs: Any):
        super().__init__(rate, seed, **kwargs)
        self.built = True

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Returns the inputs with dropped tokens at zero, (B, T, D)."""
        if not training or self.seed_generator is None:
            return inputs
        batch, time, _ = ops.shape(inputs)
        return drop_words(inputs, keras.random.uniform((batch, time), seed=self.seed_generator), self.rate)
