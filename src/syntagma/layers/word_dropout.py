"""Dropout of the vectors of whole tokens."""

from typing import Any

import keras
from keras import ops

from syntagma.errors import InputError
from syntagma.ops.dropout import drop_words


class SeededDropout(keras.layers.Layer):
    """Base class of layers that drop whole words at a given rate. Each layer has its own random generator."""

    def __init__(self, rate: float, seed: int | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        if not 0 <= rate < 1:
            raise InputError(f"`{type(self).__name__}` needs a rate in [0, 1); got {rate}. Use 0 to switch it off.")
        self.rate = rate
        self.seed = seed
        self.supports_masking = True
        self.seed_generator = keras.random.SeedGenerator(seed) if rate > 0 else None

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return the input shape."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Return the layer's configuration."""
        return {**super().get_config(), "rate": self.rate, "seed": self.seed}


@keras.saving.register_keras_serializable(package="syntagma")
class WordDropout(SeededDropout):
    """Dropout of whole tokens, which sets the vectors of randomly chosen tokens to zero during training.

    The remaining vectors are not rescaled, so the following layers see each word either unchanged or not at all, as
    in Dai and Le (2015). `keras.layers.Dropout(noise_shape=(None, None, 1))` rescales the remaining vectors. At
    inference, the layer does nothing.

    Args:
        rate: Float in [0, 1), fraction of the tokens to drop.
        seed: Integer seed of the layer's random generator. By default, the seed is random.

    Call arguments:
        inputs: Float tensor of shape (B, T, D).
        training: Whether to apply dropout.

    Output shape:
        (B, T, D). A mask passes through.

    Raises:
        InputError: If `rate` is outside [0, 1).

    Reference: Dai and Le, Semi-supervised Sequence Learning, 2015.

    Example:
        >>> from syntagma import layers
        >>> import keras
        >>> model = keras.Sequential([
        ...     keras.Input((None,)),
        ...     keras.layers.Embedding(5000, 32, mask_zero=True),
        ...     layers.WordDropout(0.1),
        ... ])
    """

    def __init__(self, rate: float, seed: int | None = None, **kwargs: Any):
        super().__init__(rate, seed, **kwargs)
        self.built = True

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Return the vectors (B, T, D), with those of dropped tokens set to zero."""
        if not training or self.seed_generator is None:
            return inputs
        batch, time, _ = ops.shape(inputs)
        return drop_words(inputs, keras.random.uniform((batch, time), seed=self.seed_generator), self.rate)
