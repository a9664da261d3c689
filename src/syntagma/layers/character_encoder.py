"""Word vectors computed from characters."""

from typing import Any, Literal

import keras
from keras import ops

from syntagma.errors import InputError
from syntagma.layers.lstm import LSTM
from syntagma.ops.attention import clear_masked
from syntagma.ops.pooling import masked_max


@keras.saving.register_keras_serializable(package="syntagma")
class CharacterEncoder(keras.layers.Layer):
    """Word vectors computed from characters, by a convolution or a bidirectional LSTM.

        "cnn":   maximum over the characters of each of `units` convolution outputs
        "lstm":  last states of a forward and a backward LSTM of units / 2 features each, concatenated

    Words that are missing from the training data get vectors too.

    Args:
        input_dim: Positive integer, number of character ids, including the padding id 0.
        units: Positive integer, width of the word vectors. It must be even for "lstm". Defaults to 30.
        kind: Type of encoder, "cnn" (default; Ma and Hovy, 2016, use 30 filters) or "lstm" (Lample et al., 2016, use
            50 units). Reimers and Gurevych (2017) found no difference in quality.
        width: Positive integer, width of the convolution filters in characters, used by "cnn" only. Defaults to 3.
        embedding_dim: Positive integer, width of the character vectors. Defaults to 30.
        dropout: Float in [0, 1), dropout rate of the character vectors. Defaults to 0.

    Call arguments:
        inputs: Integer tensor of character ids of shape (..., C), such as (B, T, C), padded with 0.
        training: Whether to apply dropout.

    Output shape:
        (..., units).

    Masking:
        Padding characters are ignored. The layer computes a mask of shape (...) that is `True` for words with at
        least one character. A word without characters gets a zero vector.

    Raises:
        InputError: If `kind` is unknown, or `units` is odd for "lstm".

    References: Ma and Hovy, End-to-end Sequence Labeling via Bi-directional LSTM-CNNs-CRF, ACL 2016; Lample et al.,
    Neural Architectures for Named Entity Recognition, NAACL 2016.

    Example:
        >>> import numpy as np
        >>> from syntagma import layers
        >>> characters = np.array([[[3, 1, 20], [4, 15, 7]]])  # one text of two words
        >>> tuple(layers.CharacterEncoder(input_dim=27, units=50, kind="lstm")(characters).shape)
        (1, 2, 50)
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
                f"`CharacterEncoder` needs a kind of 'cnn' or 'lstm', and an even number of units for 'lstm'; got "
                f"{kind!r} with {units} units."
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
        """Create the embedding, and the convolution or the LSTMs."""
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
        """Return the word vectors (..., units)."""
        shape = ops.shape(inputs)
        ids = ops.reshape(ops.cast(inputs, "int32"), (-1, shape[-1]))  # (W, C)
        real = ids > 0
        vectors = clear_masked(self.dropout(self.embedding(ids), training=training), real)  # (W, C, embedding_dim)
        # A word without characters gets zeros: its masked maximum is 0, and the LSTMs keep their initial states of 0.
        words = masked_max(self.reader(vectors), real) if self.kind == "cnn" else self.reader(vectors, mask=real)
        return ops.reshape(words, (*shape[:-1], self.units))

    def compute_mask(self, inputs: Any, mask: Any | None = None) -> Any:
        """Return a mask of shape (...) that is `True` for words with at least one character."""
        return ops.any(ops.not_equal(inputs, 0), axis=-1)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return the shape (..., units)."""
        return (*input_shape[:-1], self.units)

    def get_config(self) -> dict[str, Any]:
        """Return the layer's configuration."""
        own = {name: getattr(self, name) for name in ("input_dim", "units", "kind", "width", "embedding_dim")}
        return {**super().get_config(), **own, "dropout": self.dropout_rate}
