"""Dropout that replaces words with the unknown word."""

from typing import Any

import keras
from keras import ops

from syntagma.errors import InputError
from syntagma.layers.word_dropout import SeededDropout
from syntagma.ops.dropout import drop_to_unknown


@keras.saving.register_keras_serializable(package="syntagma")
class UnknownWordDropout(SeededDropout):
    """Dropout that replaces randomly chosen words with the unknown word during training.

    The vector of the unknown word is then trained in many contexts, and the model learns to use other information about
    a word, such as its characters. Place the layer before an embedding. At inference, the layer does nothing.

    Args:
        rate: Float in [0, 1), fraction of the words to replace. Defaults to 0.2.
        unknown: Non-negative integer, id of the unknown word. Defaults to 1.
        first: Positive integer, id of the first real word. Lower ids, such as padding, are never replaced.
            Defaults to 2.
        seed: Integer seed of the layer's random generator. By default, the seed is random.

    Call arguments:
        inputs: Integer tensor of token ids of shape (B, T).
        training: Whether to replace words.

    Output shape:
        Token ids (B, T).

    Raises:
        InputError: If `rate` is outside [0, 1), `unknown` is negative, or `first` is below 1.

    References: Lample et al., Neural Architectures for Named Entity Recognition, NAACL 2016, who replace words that
    occur only once; Bowman et al., Generating Sentences from a Continuous Space, CoNLL 2016, who replace any word.

    Example:
        >>> import numpy as np
        >>> from syntagma import layers
        >>> layer = layers.UnknownWordDropout(0.2, unknown=1, first=2)
        >>> np.array(layer(np.array([[5, 7, 0]]))).tolist()  # at inference
        [[5, 7, 0]]
    """

    def __init__(self, rate: float = 0.2, unknown: int = 1, first: int = 2, seed: int | None = None, **kwargs: Any):
        super().__init__(rate, seed, **kwargs)
        if unknown < 0 or first < 1:
            raise InputError(
                f"`UnknownWordDropout` needs `unknown` of 0 or more and `first` of 1 or more, because 0 is padding; "
                f"got {unknown} and {first}."
            )
        self.unknown = unknown
        self.first = first
        self.built = True

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Return the token ids (B, T), some of them replaced in training."""
        if not training or self.seed_generator is None:
            return inputs
        noise = keras.random.uniform(ops.shape(inputs), seed=self.seed_generator)
        return drop_to_unknown(inputs, noise, self.rate, self.unknown, self.first)

    def get_config(self) -> dict[str, Any]:
        """Return the layer's configuration."""
        return {**super().get_config(), "unknown": self.unknown, "first": self.first}
