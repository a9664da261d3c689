"""Words from their letters."""

from typing import Any, Literal

import keras
from keras import ops

from syntagma.errors import InputError
from syntagma.layers.lstm import LSTM
from syntagma.ops.attention import cleared
from syntagma.ops.pooling import masked_max


@keras.saving.register_keras_serializable(package="syntagma")
class CharacterEncoder(keras.layers.Layer):
    """A vector for each word out of its characters, so that words which training has not seen have one too.

        "cnn":   the largest value, over the characters, of each of `units` filters of width `width`
        "lstm":  the last states of two LSTMs of units / 2, one from each end of the word

    Takes ids of characters, integers (..., C), such as (B, T, C), 0 for padding, and gives (..., units). A word without
    characters gives zeros. The mask tells such words from others: (B, T), where any id is not 0.

    Args:
        input_dim: Number of ids, the padding 0 included.
        units: Width of the vector of a word; even for "lstm".
        kind: "cnn" (Ma and Hovy, 2016; 30 filters) or "lstm" (Lample et al., 2016; 50 units). Reimers and Gurevych
            (2017) found no difference.
        width: Of the filters, in characters.
        embedding_dim: Width of the vector of a character.
        dropout: Of the characters' vectors.

    Raises:
        InputError: An unknown kind, or an odd number of units for "lstm".

    References: Ma and Hovy, End-to-end Sequence Labeling via Bi-directional LSTM-CNNs-CRF, ACL 2016; Lample et al.,
    Neural Architectures for Named Entity Recognition, NAACL 2016.
    """

    def __init__(
        self,
        input_dim: int,
        units: int = 30,
        kind: Literal["cnn", "lstm"] = "cnn",
        width: int = 3,
        embedding_dim: int = 30,
        dropout: float = 0.0,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        if kind not in ("cnn", "lstm") or (kind == "lstm" and units % 2):
            raise InputError(
                f"`CharacterEncoder` needs a kind out of 'cnn' and 'lstm', and an even number of units for 'lstm'; got "
                f"{kind!r} with {units}."
            )
        self.input_dim = input_dim
        self.units = units
        self.kind = kind
        self.width = width
        self.embedding_dim = embedding_dim
        self.dropout_rate = dropout
        self.supports_masking = True
        self.input_spec = keras.layers.InputSpec(min_ndim=2)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Creates the embedding, and the convolution or the LSTMs."""
        policy = self.dtype_policy
        self.embedding = keras.layers.Embedding(self.input_dim, self.embedding_dim, dtype=policy, name="characters")
        self.embedding.build((None, input_shape[-1]))
        self.dropout = keras.layers.Dropout(self.dropout_rate, dtype=policy, name="dropout")
        if self.kind == "cnn":
            self.reader: Any = keras.layers.Conv1D(
                self.units, self.width, padding="same", dtype=policy, name="convolution"
            )
        else:
            lstm = LSTM(self.units // 2, dtype=policy, name="lstm")
            self.reader = keras.layers.Bidirectional(lstm, dtype=policy, name="bilstm")
        self.reader.build((None, input_shape[-1], self.embedding_dim))

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Returns the words' vectors (..., units)."""
        shape = ops.shape(inputs)
        ids = ops.reshape(ops.cast(inputs, "int32"), (-1, shape[-1]))  # (W, C)
        real = ids > 0
        vectors = cleared(self.dropout(self.embedding(ids), training=training), real)  # (W, C, embedding_dim)
        # A word without characters gives zeros both ways: nothing to be the largest, and the first states.
        words = masked_max(self.reader(vectors), real) if self.kind == "cnn" else self.reader(vectors, mask=real)
        return ops.reshape(words, (*shape[:-1], self.units))

    def compute_mask(self, inputs: Any, mask: Any | None = None) -> Any:
        """Whether a word has any character, (...)."""
        return ops.any(ops.not_equal(inputs, 0), axis=-1)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """(..., C) becomes (..., units)."""
        return (*input_shape[:-1], self.units)

    def get_config(self) -> dict[str, Any]:
        """What the constructor takes."""
        own = {name: getattr(self, name) for name in ("input_dim", "units", "kind", "width", "embedding_dim")}
        return {**super().get_config(), **own, "dropout": self.dropout_rate}
