"""Embedding layers, the first layers of every network over words. They map token ids to word vectors."""

from typing import Any

import keras
from pydantic import Field

from syntagma.config import Config
from syntagma.layers import EmbeddingDropout, UnknownWordDropout, WordDropout
from syntagma.text.encoder import FIRST_TOKEN, UNKNOWN

# Range of the initial vectors of words missing from the vector file, or of all words without a file (Keras' default).
INITIAL_RANGE = 0.05


class EmbeddingConfig(Config):
    """Settings of the word embedding.

    Attributes:
        size: Length D of the word vectors. Ignored if `vectors` names a file.
        vectors: Path of a file with pretrained word vectors in the format of GloVe, word2vec or fastText (`.vec`),
            optionally compressed (`.gz`). null trains all word vectors from scratch.
        trainable: Whether training changes the word vectors.
        word_dropout: Share of tokens whose word vectors are set to zero in training.
        unknown_dropout: Share of tokens that are replaced with the unknown word in training. In tagging, the characters
            and pretrained vectors of these tokens are kept.
        dropout: Share of the components of word vectors that are set to zero in training. All tokens of a text lose the
            same components.
    """

    size: int = Field(64, gt=0)
    vectors: str | None = None
    trainable: bool = True
    word_dropout: float = Field(0.0, ge=0, lt=1)
    unknown_dropout: float = Field(0.0, ge=0, lt=1)
    dropout: float = Field(0.0, ge=0, lt=1)


class WordEmbeddingConfig(EmbeddingConfig):
    """Settings of a word embedding that can also drop vocabulary words everywhere in a batch.

    See `EmbeddingConfig` for the other settings.

    Attributes:
        type_dropout: Share of the vocabulary that is dropped in each training batch. The vector of a dropped word is
            set to zero wherever the word occurs (embedding dropout).
    """

    type_dropout: float = Field(0.0, ge=0, lt=1)


def replace_with_unknown(tokens: Any, config: EmbeddingConfig, first_word: int = FIRST_TOKEN) -> Any:
    """During training, replace randomly chosen words with the unknown word, at the rate `unknown_dropout`.

    Args:
        tokens: Token ids (B, T).
        config: Settings of the word embedding.
        first_word: Id of the first real word. Lower ids are never replaced.

    Returns:
        Token ids (B, T).
    """
    if not config.unknown_dropout:
        return tokens
    layer = UnknownWordDropout(config.unknown_dropout, UNKNOWN, first_word, name="unknown_dropout")
    return layer(tokens)


def embed(tokens: Any, config: WordEmbeddingConfig, vocabulary_size: int) -> Any:
    """Map token ids (B, T) to word vectors (B, T, D), and apply the kinds of dropout that the config sets."""
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
