"""The first part of every network: tokens to vectors."""

from typing import Any

import keras
from pydantic import Field

from syntagma.config import Config
from syntagma.layers import EmbeddingDropout, UnknownWordDropout, WordDropout
from syntagma.text.encoder import FIRST_TOKEN, UNKNOWN

# Rows for words that a vector file lacks, and for every word where there is no file (Keras' own default range).
INITIAL_RANGE = 0.05


class EmbeddingConfig(Config):
    """Word vectors.

    Attributes:
        size: D, length of a vector; a vector file decides it instead.
        vectors: File with trained vectors (GloVe, word2vec, fastText `.vec`; `.gz` too), or none.
        trainable: Whether training changes the vectors.
        word_dropout: Share of tokens whose vector is set to zero in training.
        unknown_dropout: Share of tokens that training reads as the unknown word; their characters and ready-made
            vectors stay.
        dropout: Share of vector components set to zero in training, the same for all tokens of a text.
    """

    size: int = Field(64, gt=0)
    vectors: str | None = None
    trainable: bool = True
    word_dropout: float = Field(0.0, ge=0, lt=1)
    unknown_dropout: float = Field(0.0, ge=0, lt=1)
    dropout: float = Field(0.0, ge=0, lt=1)


class WordEmbeddingConfig(EmbeddingConfig):
    """Word vectors that a whole batch may do without; see `EmbeddingConfig` for the other settings.

    Attributes:
        type_dropout: Share of the vocabulary's words that training leaves out of a batch, wherever they occur.
    """

    type_dropout: float = Field(0.0, ge=0, lt=1)


def seldom_unknown(tokens: Any, config: EmbeddingConfig, first_word: int = FIRST_TOKEN) -> Any:
    """Return token ids (B, T), of which training replaces some from `first_word` on, if the config asks for that."""
    if not config.unknown_dropout:
        return tokens
    layer = UnknownWordDropout(config.unknown_dropout, UNKNOWN, first_word, name="unknown_dropout")
    return layer(tokens)


def embed(tokens: Any, config: WordEmbeddingConfig, vocabulary_size: int) -> Any:
    """Return vectors (B, T, D) of the ids (B, T) of tokens, with their dropout."""
    embedding = keras.layers.Embedding(
        vocabulary_size,
        config.size,
        embeddings_initializer=keras.initializers.RandomUniform(-INITIAL_RANGE, INITIAL_RANGE),
        trainable=config.trainable,
        name="words" if config.type_dropout else "embedding",
    )
    if config.type_dropout:
        embedding = EmbeddingDropout(embedding, config.type_dropout, name="embedding")
    vectors = embedding(seldom_unknown(tokens, config))
    if config.word_dropout:
        vectors = WordDropout(config.word_dropout, name="word_dropout")(vectors)
    if config.dropout:
        vectors = keras.layers.SpatialDropout1D(config.dropout, name="embedding_dropout")(vectors)
    return vectors
