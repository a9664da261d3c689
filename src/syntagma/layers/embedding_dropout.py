"""Dropout of whole words of the vocabulary."""

from typing import Any, Self

import keras

from syntagma.errors import InputError
from syntagma.layers.word_dropout import SeededDropout
from syntagma.ops.dropout import drop_word_types


@keras.saving.register_keras_serializable(package="syntagma")
class EmbeddingDropout(SeededDropout):
    """An embedding of which, in training, whole word types are left out: wherever they stand in the batch.

    What stays is multiplied by 1 / (1 - rate). Takes integer ids (B, T) and gives (B, T, D); the mask is that of the
    embedding. At inference it is the embedding.

    Args:
        embedding: A `keras.layers.Embedding` or a layer of that kind, with `input_dim`.
        rate: Share of the word types to drop, in [0, 1). AWD-LSTM has 0.1.
        seed: Of the layer's own random generator.

    Raises:
        InputError: No embedding, or a rate outside [0, 1).

    References: Gal and Ghahramani, A Theoretically Grounded Application of Dropout in Recurrent Neural Networks, 2016;
    Merity, Keskar and Socher, Regularizing and Optimizing LSTM Language Models, ICLR 2018.

    >>> layer = EmbeddingDropout(keras.layers.Embedding(5000, 32, mask_zero=True), rate=0.1)
    """

    def __init__(self, embedding: Any, rate: float = 0.1, seed: int | None = None, **kwargs: Any):
        super().__init__(rate, seed, **kwargs)
        if not isinstance(embedding, keras.layers.Layer) or not hasattr(embedding, "input_dim"):
            raise InputError(f"`EmbeddingDropout` needs an embedding layer to drop words of; got {embedding!r}.")
        if isinstance(embedding, keras.layers.ReversibleEmbedding):
            raise InputError(
                "`EmbeddingDropout` cannot hold an embedding that is called elsewhere too: Keras would not load it. "
                "Use `TiedSoftmax(word_type_dropout=...)`."
            )
        self.embedding = embedding

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Builds the embedding."""
        if not self.embedding.built:  # loading builds it
            self.embedding.build(input_shape)

    @property
    def embeddings(self) -> Any:
        """Those of the embedding, (V, D)."""
        return self.embedding.embeddings

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Returns the vectors (B, T, D)."""
        vectors = self.embedding(inputs)
        if not training or self.seed_generator is None:
            return vectors
        drawn = keras.random.uniform((self.embedding.input_dim,), seed=self.seed_generator)
        return drop_word_types(vectors, inputs, drawn, self.rate)

    def compute_mask(self, inputs: Any, mask: Any | None = None) -> Any:
        """That of the embedding."""
        return self.embedding.compute_mask(inputs, mask)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """(B, T) becomes (B, T, D)."""
        return tuple(self.embedding.compute_output_shape(input_shape))

    def get_config(self) -> dict[str, Any]:
        """What the constructor takes."""
        return {**super().get_config(), "embedding": keras.saving.serialize_keras_object(self.embedding)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """The layer with its embedding."""
        return cls(**{**config, "embedding": keras.saving.deserialize_keras_object(config["embedding"])})
