"""Embedding with dropout of word types, the entries of the vocabulary."""

from typing import Any, Self

import keras

from syntagma.errors import InputError
from syntagma.layers.word_dropout import SeededDropout
from syntagma.ops.dropout import drop_word_types


@keras.saving.register_keras_serializable(package="syntagma")
class EmbeddingDropout(SeededDropout):
    """Embedding with dropout of word types: all occurrences of a dropped word in a training batch get zero vectors.

    The remaining vectors are multiplied by 1 / (1 - rate). At inference, no vectors are dropped.

    Args:
        embedding: A `keras.layers.Embedding`, or a similar layer with an attribute `input_dim`.
        rate: Float in [0, 1), fraction of the vocabulary to drop. Defaults to 0.1, as in AWD-LSTM.
        seed: Integer seed of the layer's random generator. By default, the seed is random.

    Call arguments:
        inputs: Integer tensor of token ids of shape (B, T).
        training: Whether to apply dropout.

    Output shape:
        (B, T, D). The mask is that of the embedding.

    Raises:
        InputError: If `embedding` is not an embedding layer, if it is a `keras.layers.ReversibleEmbedding`, or if
            `rate` is outside [0, 1).

    References: Gal and Ghahramani, A Theoretically Grounded Application of Dropout in Recurrent Neural Networks, 2016;
    Merity, Keskar and Socher, Regularizing and Optimizing LSTM Language Models, ICLR 2018.

    Example:
        >>> from syntagma import layers
        >>> import keras
        >>> layer = layers.EmbeddingDropout(keras.layers.Embedding(5000, 32, mask_zero=True), rate=0.1)
        >>> layer.compute_output_shape((None, 7))
        (None, 7, 32)
    """

    def __init__(self, embedding: Any, rate: float = 0.1, seed: int | None = None, **kwargs: Any):
        super().__init__(rate, seed, **kwargs)
        if not isinstance(embedding, keras.layers.Layer) or not hasattr(embedding, "input_dim"):
            raise InputError(f"`EmbeddingDropout` needs an embedding layer; got {embedding!r}.")
        if isinstance(embedding, keras.layers.ReversibleEmbedding):
            raise InputError(
                "`EmbeddingDropout` cannot wrap a `ReversibleEmbedding`, which is called elsewhere too: Keras could "
                "not load the model. Use `TiedSoftmax(word_type_dropout=...)`."
            )
        self.embedding = embedding

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Build the embedding."""
        if not self.embedding.built:  # it was already built if the model has been loaded
            self.embedding.build(input_shape)

    @property
    def embeddings(self) -> Any:
        """Embedding matrix of shape (V, D)."""
        return self.embedding.embeddings

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Return the vectors (B, T, D)."""
        vectors = self.embedding(inputs)
        if not training or self.seed_generator is None:
            return vectors
        noise = keras.random.uniform((self.embedding.input_dim,), seed=self.seed_generator)
        return drop_word_types(vectors, inputs, noise, self.rate)

    def compute_mask(self, inputs: Any, mask: Any | None = None) -> Any:
        """Return the mask of the embedding."""
        return self.embedding.compute_mask(inputs, mask)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return the shape (B, T, D)."""
        return tuple(self.embedding.compute_output_shape(input_shape))

    def get_config(self) -> dict[str, Any]:
        """Return the configuration of the layer, including that of the embedding."""
        return {**super().get_config(), "embedding": keras.saving.serialize_keras_object(self.embedding)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Create the layer and its embedding from a configuration."""
        return cls(**{**config, "embedding": keras.saving.deserialize_keras_object(config["embedding"])})
