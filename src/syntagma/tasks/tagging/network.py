"""The Keras model of a tagger: word and character vectors, bidirectional LSTMs, and a CRF or softmax output."""

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple, Self

import keras
from pydantic import Field, model_validator

from syntagma.config import Config
from syntagma.layers import (
    CRF,
    AverageChains,
    AverageProbabilities,
    CharacterEncoder,
    LengthMask,
    PooledCRF,
    WordDropout,
)
from syntagma.models.embedding import INITIAL_RANGE, EmbeddingConfig, replace_with_unknown
from syntagma.models.ensemble import shared_inputs
from syntagma.models.pooling import Pooling, pool
from syntagma.models.stack import WordStackConfig, apply_stack_by_layer
from syntagma.text.context_features import WIDTH
from syntagma.text.encoder import FIRST_TOKEN
from syntagma.text.words import CASINGS

_CASING_SIZE = 8


class CharactersConfig(Config):
    """Character-level word vectors; see `syntagma.layers.CharacterEncoder`.

    Attributes:
        kind: Type of the character encoder: `cnn` (convolution with max-pooling) or `lstm` (one LSTM per direction).
        units: Length of the vector of a word. Must be even for `lstm`.
        width: Kernel size of the convolution, in characters, 1 to 20. Only used by `cnn`.
        embedding_size: Length of the embedding vector of a character.
        dropout: Dropout rate of the character vectors, from 0 to below 1.
    """

    kind: Literal["cnn", "lstm"] = "cnn"
    units: int = Field(50, gt=0)
    width: int = Field(3, gt=0, le=20)
    embedding_size: int = Field(30, gt=0)
    dropout: float = Field(0.0, ge=0, lt=1)


class UtteranceConfig(Config):
    """Second output with a label for the whole text, such as its intent, for joint learning (Liu and Lane, 2016).

    Attributes:
        pooling: Pooling of the outputs of the last layer over the words of the text: `max`, `average`, `max_average`
            (both, concatenated), `attention` (weighted sum with learned weights) or `last` (final state).
        dropout: Dropout rate of the pooled vector, from 0 to below 1.
        weight: Weight, above 0, of this output's loss relative to the loss of the tags.
    """

    pooling: Pooling = "max_average"
    dropout: float = Field(0.5, ge=0, lt=1)
    weight: float = Field(1.0, gt=0)


class LowerTagsConfig(Config):
    """Second output, at a lower layer, with auxiliary tags, such as parts of speech for named entity recognition.

    This is multi-task learning: the layers up to the auxiliary output are shared by both tasks, and the layers above it
    read the features that were learned for the auxiliary tags (Søgaard and Goldberg, 2016).

    Attributes:
        column: Name of the column with the auxiliary tags in the data files, which has one value per word. Required.
        depth: Number of the LSTM layer, from 1, whose outputs predict the auxiliary tags. At most `model.depth`; the
            last layer predicts the tags themselves.
        dropout: Dropout rate of the outputs of that layer before the auxiliary tags are predicted, from 0 to below 1.
        weight: Weight, above 0, of the loss of the auxiliary tags relative to the loss of the tags.
    """

    column: str
    depth: int = Field(1, gt=0, le=8)
    dropout: float = Field(0.5, ge=0, lt=1)
    weight: float = Field(1.0, gt=0)


class TaggerConfig(WordStackConfig):
    """Stack of bidirectional LSTMs (BiLSTM) with one tag per word; see `WordStackConfig` for the other settings.

    Attributes:
        kind: Architecture of the network, always `tagger`.
        units: Number of units (hidden size) of the LSTMs, per direction.
        characters: Character-level word vectors, which are concatenated with the word vectors. `null` turns them off.
        output: Output layer: `crf` (conditional random field, which scores whole tag sequences), `softmax` (each word
            independently) or `auto` (`crf` if the tags represent spans, otherwise `softmax`).
        dropout: Dropout rate of the outputs of the last LSTM layer before the tags are predicted, from 0 to below 1.
        utterance: Second output with a label for the whole text, such as its intent. The training data need such
            labels. `null` means no such output.
        lower_tags: Second output, at a lower layer, with auxiliary tags, such as parts of speech. `null` means no such
            output.
    """

    kind: Literal["tagger"] = "tagger"
    units: int = Field(128, gt=0)
    characters: CharactersConfig | None = CharactersConfig()
    output: Literal["auto", "crf", "softmax"] = "auto"
    dropout: float = Field(0.5, ge=0, lt=1)
    utterance: UtteranceConfig | None = None
    lower_tags: LowerTagsConfig | None = None

    @model_validator(mode="after")
    def _check_lower_tags(self) -> Self:
        if self.lower_tags is not None and self.lower_tags.depth > self.depth:
            raise ValueError(f"`lower_tags.depth` must be at most {self.depth}, the number of layers (`depth`)")
        return self


class TaggerSpec(NamedTuple):
    """Sizes of a tagger's Keras model that depend on the data. The size of an input or output that is absent is 0.

    Attributes:
        words: V, number of word ids.
        tags: K, number of tags.
        spells_spans: Whether the tags represent spans. Otherwise, they are plain tags, such as parts of speech.
        characters: Number of character ids.
        longest: C, maximum number of characters that are read from a word.
        vectors: Number of ids of pretrained word vectors.
        casing: Whether the casing of words is an input.
        first_word: Id of the first real word; lower ids are reserved for special tokens.
        utterances: L, number of labels of whole texts.
        lower: Number of auxiliary tags of the lower layer.
        features: Number of feature ids of the linear CRF.
    """

    words: int
    tags: int
    spells_spans: bool
    characters: int
    longest: int
    vectors: int
    casing: bool
    first_word: int = FIRST_TOKEN
    utterances: int = 0
    lower: int = 0
    features: int = 0


def has_crf(config: TaggerConfig, spells_spans: bool) -> bool:
    """Return whether the network of a tagger ends in a CRF."""
    return config.output == "crf" or (config.output == "auto" and spells_spans)


def build_tagger(config: TaggerConfig, embedding: EmbeddingConfig, spec: TaggerSpec, name: str = "tagger") -> Any:
    """Build the Keras model of a tagger.

    Args:
        config: Settings of the network.
        embedding: Settings of the word vectors.
        spec: Sizes that depend on the data.
        name: Name of the Keras model.

    Returns:
        Model with the int32 inputs `tokens` and `vectors` (B, T), `characters` (B, T, C), `casing` (B, T), `features`
        (B, T, F) and `lengths` (B,). Inputs that the settings do not need are absent. The first output is the output of
        the layer `CRF`, float32 (B, T, K, K), or logits, float32 (B, T, K). Depending on `config`, it is followed by
        the outputs `utterance`, logits (B, L) of the labels of whole texts, and `lower_tags`, logits of the auxiliary
        tags at each word, (B, T, number of auxiliary tags).
    """
    inputs: dict[str, Any] = {
        "tokens": keras.Input((None,), dtype="int32", name="tokens"),
        "lengths": keras.Input((), dtype="int32", name="lengths"),
    }
    mask = LengthMask(name="mask")((inputs["tokens"], inputs["lengths"]))
    parts = [_word_vectors(inputs, embedding, spec)]
    if config.characters is not None and spec.characters:
        inputs["characters"] = keras.Input((None, spec.longest), dtype="int32", name="characters")
        parts.append(_character_vectors(inputs["characters"], config.characters, spec))
    if spec.casing:
        inputs["casing"] = keras.Input((None,), dtype="int32", name="casing")
        parts.append(keras.layers.Embedding(len(CASINGS) + 1, _CASING_SIZE, name="casings")(inputs["casing"]))
    vectors = parts[0] if len(parts) == 1 else keras.layers.Concatenate(name="words")(parts)
    if embedding.word_dropout:
        vectors = WordDropout(embedding.word_dropout, name="word_dropout")(vectors)
    if embedding.dropout:
        vectors = keras.layers.SpatialDropout1D(embedding.dropout, name="embedding_dropout")(vectors)
    layers = apply_stack_by_layer(vectors, mask, inputs["tokens"], config)
    tags = _logits(layers[-1], config.dropout, spec.tags, "emissions", "dropout")
    if has_crf(config, spec.spells_spans):
        tags = _crf(tags, mask, inputs, spec)
    outputs = [tags]
    if config.utterance is not None:
        pooled = pool(layers[-1], mask, config.utterance.pooling)
        outputs.append(_logits(pooled, config.utterance.dropout, spec.utterances, "utterance"))
    if (lower := config.lower_tags) is not None:
        outputs.append(_logits(layers[lower.depth - 1], lower.dropout, spec.lower, "lower_tags"))
    return keras.Model(inputs, outputs[0] if len(outputs) == 1 else outputs, name=name)


def build_tagger_ensemble(members: Sequence[Any]) -> Any:
    """Build the Keras model of an ensemble of taggers.

    The first output combines the CRFs (see `AverageChains`) or, without a CRF, is the mean probability of each tag. The
    other outputs are the mean probabilities of the members' other outputs.

    Args:
        members: Keras models with the same inputs and outputs, and with different names.
    """
    inputs = shared_inputs(members)
    outputs = [keras.tree.flatten(member(inputs)) for member in members]
    means = []
    for name, *same in zip(members[0].output_names, *outputs, strict=True):
        if len(same[0].shape) == 4:
            means.append(AverageChains(dtype="float32", name="average_chains")(same))
        else:
            layer_name = f"average_{name}" if means else "average_probabilities"
            means.append(AverageProbabilities("softmax", dtype="float32", name=layer_name)(same))
    return keras.Model(inputs, means[0] if len(means) == 1 else means, name="ensemble")


def _crf(emissions: Any, mask: Any, inputs: dict[str, Any], spec: TaggerSpec) -> Any:
    if not spec.features:
        return CRF(spec.tags, name="crf")(emissions, mask=mask)
    inputs["features"] = keras.Input((None, WIDTH), dtype="int32", name="features")
    return PooledCRF(spec.tags, spec.features, name="crf")([emissions, inputs["features"]], mask=[mask, None])


def _logits(states: Any, dropout: float, outputs: int, name: str, dropout_name: str = "") -> Any:
    if dropout:
        states = keras.layers.Dropout(dropout, name=dropout_name or f"{name}_dropout")(states)
    return keras.layers.Dense(outputs, dtype="float32", name=name)(states)


def _word_vectors(inputs: dict[str, Any], config: EmbeddingConfig, spec: TaggerSpec) -> Any:
    """Return the word vectors: the sum of trainable vectors and frozen pretrained vectors.

    A word that occurs in the file of pretrained vectors but not in the training texts thus has a useful vector. Because
    pretrained vectors are not trained, a large file does not slow down training.
    """
    initializer = keras.initializers.RandomUniform(-INITIAL_RANGE, INITIAL_RANGE)
    parts = []
    if config.trainable or not spec.vectors:
        trained = keras.layers.Embedding(spec.words, config.size, embeddings_initializer=initializer, name="embedding")
        parts.append(trained(replace_with_unknown(inputs["tokens"], config, spec.first_word)))
    if spec.vectors:
        inputs["vectors"] = keras.Input((None,), dtype="int32", name="vectors")
        ready = keras.layers.Embedding(spec.vectors, config.size, trainable=False, name="ready_vectors")
        parts.append(ready(inputs["vectors"]))
    return parts[0] if len(parts) == 1 else keras.layers.Add(name="word_vectors")(parts)


def _character_vectors(characters: Any, config: CharactersConfig, spec: TaggerSpec) -> Any:
    sizes = (spec.characters, config.units, config.kind, config.width, config.embedding_size, config.dropout)
    return CharacterEncoder(*sizes, name="characters_of_words")(characters)
