"""Input layers of every network: from tokens to vectors."""

from typing import Any

import keras
from pydantic import Field

from syntagma.config import Config
from syntagma.layers import EmbeddingDropout, UnknownWordDropout, WordDropout
from syntagma.text.encoder import FIRST_TOKEN, UNKNOWN

# Range of the initial vectors of words missing from the vector file, or of all words without a file (Keras' default).
INITIAL_RANGE = 0.05


class EmbeddingConfig(Config):
    """Settings of word vectors.

    Attributes:
        size: D, length of the vectors; ignored if a vector file is given.
        vectors: File with pretrained vectors (GloVe, word2vec, fastText `.vec`; `.gz` too), or none.
        trainable: Whether training changes the vectors.
        word_dropout: Share of tokens whose vector is set to zero in training.
        unknown_dropout: Share of tokens that are replaced with the unknown word in training; their characters and
            pretrained vectors are kept.
        dropout: Share of vector components set to zero in training, the same for all tokens of a text.
    """

    size: int = Field(64, gt=0)
    vectors: str | None = None
    trainable: bool = True
    word_dropout: float = Field(0.0, ge=0, lt=1)
    unknown_dropout: float = Field(0.0, ge=0, lt=1)
    dropout: float = Field(0.0, ge=0, lt=1)


class WordEmbeddingConfig(EmbeddingConfig):
    """Settings of word vectors with dropout of whole words; see `EmbeddingConfig` for the other settings.

    Attributes:
        type_dropout: Share of the vocabulary whose words are left out of a training batch, wherever they occur.
    """

    type_dropout: float = Field(0.0, ge=0, lt=1)


def replace_with_unknown(tokens: Any, config: EmbeddingConfig, first_word: int = FIRST_TOKEN) -> Any:
    """Replace some token ids (B, T) from `first_word` on with the unknown word in training, if the config says so."""
    if not config.unknown_dropout:
        return tokens
    layer = UnknownWordDropout(config.unknown_dropout, UNKNOWN, first_word, name="unknown_dropout")
    return layer(tokens)


def embed(tokens: Any, config: WordEmbeddingConfig, vocabulary_size: int) -> Any:
    """Return the vectors (B, T, D) of token ids (B, T), with the dropout of the config."""
    embedding = keras.layers.Embedding(
        vocabulary_size,
        config.size,
        embeddings_initializer=keras.initializers.RandomUniform(-INITIAL_RANGE, INITIAL_RANGE),
        trainable=config.trainable,
        name="words" if config.type_dropout else "embedding",
    )
    if config.type_dropout:
        embedding = EmbeddingDropout(embedding, config.type_dropout, name="embedding")
    vectors = embedding(replace_with_unknown(tokens, config))
    if config.word_dropout:
        vectors = WordDropout(config.word_dropout, name="word_dropout")(vectors)
    if config.dropout:
        vectors = keras.layers.SpatialDropout1D(config.dropout, name="embedding_dropout")(vectors)
    return vectors
