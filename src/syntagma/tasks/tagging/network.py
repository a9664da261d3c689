"""A tagger: words, and what their characters say, read by bidirectional LSTMs; a tag for each, by a CRF or alone."""

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
    """Vectors of words out of their characters; see `syntagma.layers.CharacterEncoder`.

    Attributes:
        kind: A convolution or two LSTMs.
        units: Width of the vector of a word.
        width: Of the filters, in characters.
        embedding_size: Width of the vector of a character.
        dropout: Of the characters' vectors.
    """

    kind: Literal["cnn", "lstm"] = "cnn"
    units: int = Field(50, gt=0)
    width: int = Field(3, gt=0, le=20)
    embedding_size: int = Field(30, gt=0)
    dropout: float = Field(0.0, ge=0, lt=1)


class UtteranceConfig(Config):
    """A label for the whole text beside its tags, such as the intent beside the slots (Liu and Lane, 2016).

    Attributes:
        pooling: How the outputs of the last layer become one vector; see `syntagma.models.pooling.pool`.
        dropout: Of that vector.
        weight: Of its loss beside that of the tags.
    """

    pooling: Pooling = "max_average"
    dropout: float = Field(0.5, ge=0, lt=1)
    weight: float = Field(1.0, gt=0)


class LowerTagsConfig(Config):
    """Other tags of the words, learned from a lower layer, such as parts of speech below names.

    What helps with them helps above too, and the layers above see what they are learned from (Søgaard and Goldberg,
    2016).

    Attributes:
        column: Where they stand in the files: the name of a column with a value for each word.
        depth: The layer that gives them, counted from 1; the last layer gives the tags themselves.
        dropout: Of the outputs that become these tags.
        weight: Of their loss beside that of the tags.
    """

    column: str
    depth: int = Field(1, gt=0, le=8)
    dropout: float = Field(0.5, ge=0, lt=1)
    weight: float = Field(1.0, gt=0)


class TaggerConfig(WordStackConfig):
    """A stack of bidirectional LSTMs whose every output becomes a tag.

    Attributes:
        utterance: A label for each whole text, learned and given beside the tags, or none.
        lower_tags: Tags of a second column, learned from a lower layer, or none.
        characters: Vectors out of characters beside those of words, or none.
        output: What decides on tags: a CRF, or each token alone; "auto" takes a CRF where tags spell spans.
        dropout: Of the outputs that become tags.
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
            raise ValueError(f"`lower_tags.depth` must be one of the {self.depth} layers (`depth`)")
        return self


class TaggerSpec(NamedTuple):
    """Sizes that come from the data; what is not there has the size 0.

    Attributes:
        words: V, number of word ids.
        tags: K.
        characters: Number of character ids.
        longest: C, characters of a word that are read.
        vectors: Number of ids of ready-made vectors.
        casing: Whether the case of words is an input.
        first_word: Id of the first real word; lower ids are reserved for special tokens.
        utterances: L, number of labels of whole texts.
        lower: K of the lower tags.
        features: Number of ids of features that a linear CRF weighs.
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
    """Return whether the tagger ends in a CRF."""
    return config.output == "crf" or (config.output == "auto" and spells_spans)


def build_tagger(config: TaggerConfig, embedding: EmbeddingConfig, spec: TaggerSpec, name: str = "tagger") -> Any:
    """Build the Keras model.

    Its inputs are named `tokens` and `vectors` (B, T), `characters` (B, T, C), `casing` (B, T), `features` (B, T, F)
    and `lengths` (B,), as far as it reads them; its first output is what `CRF` gives, (B, T, K, K), or logits
    (B, T, K), float32. Where
    the config wants them, the logits (B, L) of whole texts, named `utterance`, and those (B, T, K) of lower tags, named
    `lower_tags`, follow.
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
    """Build one Keras model of several taggers with the same inputs and outputs, each with a name of its own.

    Its outputs are the pool of the CRFs, or the mean of the probabilities of each tag, and the means of the
    probabilities of further outputs.
    """
    inputs = shared_inputs(members)
    outputs = [keras.tree.flatten(member(inputs)) for member in members]
    means = []
    for name, *same in zip(members[0].output_names, *outputs, strict=True):
        if len(same[0].shape) == 4:
            means.append(AverageChains(dtype="float32", name="average_chains")(same))
        else:
            of_name = f"average_{name}" if means else "average_probabilities"
            means.append(AverageProbabilities("softmax", dtype="float32", name=of_name)(same))
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
    """Return vectors that training changes, added to ready-made ones that it does not.

    So a word that training has not seen, but the file of vectors has, is known all the same, and a step of training
    costs no more for the words that it does not touch.
    """
    draw = keras.initializers.RandomUniform(-INITIAL_RANGE, INITIAL_RANGE)
    parts = []
    if config.trainable or not spec.vectors:
        trained = keras.layers.Embedding(spec.words, config.size, embeddings_initializer=draw, name="embedding")
        parts.append(trained(replace_with_unknown(inputs["tokens"], config, spec.first_word)))
    if spec.vectors:
        inputs["vectors"] = keras.Input((None,), dtype="int32", name="vectors")
        ready = keras.layers.Embedding(spec.vectors, config.size, trainable=False, name="ready_vectors")
        parts.append(ready(inputs["vectors"]))
    return parts[0] if len(parts) == 1 else keras.layers.Add(name="word_vectors")(parts)


def _character_vectors(characters: Any, config: CharactersConfig, spec: TaggerSpec) -> Any:
    sizes = (spec.characters, config.units, config.kind, config.width, config.embedding_size, config.dropout)
    return CharacterEncoder(*sizes, name="characters_of_words")(characters)
