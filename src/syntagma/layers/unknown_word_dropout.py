"""Words read as the unknown word."""

from typing import Any

import keras
from keras import ops

from syntagma.errors import InputError
from syntagma.layers.word_dropout import SeededDropout
from syntagma.ops.dropout import drop_to_unknown


@keras.saving.register_keras_serializable(package="syntagma")
class UnknownWordDropout(SeededDropout):
    """Reads randomly chosen words as the unknown word during training.

    So the vector of the unknown word learns from many places, and what else is known of a word, such as its characters,
    has to be enough now and then. Takes integer ids (B, T) and gives ids (B, T); it stands before an embedding. At
    inference it does nothing.

    Args:
        rate: Share of words to replace, in [0, 1).
        unknown: The id of the unknown word.
        first: Ids below are never replaced: padding and other ids that are no words.
        seed: Of the layer's own random generator.

    Raises:
        InputError: A rate outside [0, 1), or ids below 0.

    References: Lample et al., Neural Architectures for Named Entity Recognition, NAACL 2016, replace words that occur
    once; Bowman et al., Generating Sentences from a Continuous Space, CoNLL 2016, any word.

    >>> layer = UnknownWordDropout(0.2, unknown=1, first=2)
    """

    def __init__(self, rate: float = 0.2, unknown: int = 1, first: int = 2, seed: int | None = None, **kwargs: Any):
        super().__init__(rate, seed, **kwargs)
        if unknown < 0 or first < 1:
            raise InputError(
                f"`UnknownWordDropout` needs `unknown` of 0 or more and `first` of 1 or more, since 0 is padding; got "
                f"{unknown} and {first}."
            )
        self.unknown = unknown
        self.first = first
        self.built = True

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Returns the ids (B, T)."""
        if not training or self.seed_generator is None:
            return inputs
        drawn = keras.random.uniform(ops.shape(inputs), seed=self.seed_generator)
        return drop_to_unknown(inputs, drawn, self.rate, self.unknown, self.first)

    def get_config(self) -> dict[str, Any]:
        """What the constructor takes."""
        return {**super().get_config(), "unknown": self.unknown, "first": self.first}
