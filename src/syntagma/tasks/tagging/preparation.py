"""Preparation of a tagger for training: vocabularies, tags, initial weights, encoding, losses and batches."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import keras
import numpy as np

from syntagma.config import nearest
from syntagma.data.batching.batches import Batches
from syntagma.data.batching.rows import Rows
from syntagma.data.batching.token_windows import STARTS
from syntagma.data.sentences.table import TaggedTable
from syntagma.errors import BundleError, ConfigError, DataError
from syntagma.layers import CRFLoss, MissingLabels
from syntagma.models.embedding import INITIAL_RANGE
from syntagma.progress import note
from syntagma.shapes import FloatArray
from syntagma.tasks.arguments import scale_to_mean_one
from syntagma.tasks.hooks import Parts
from syntagma.tasks.tagging.feature_crf import LinearCRF, train_linear_crf
from syntagma.tasks.tagging.network import TaggerConfig, TaggerSpec, build_tagger, has_crf
from syntagma.tasks.tagging.pieces import paragraph_starts
from syntagma.tasks.tagging.recipe import TaggingRecipe
from syntagma.text.ragged import Ragged
from syntagma.text.tags import TagSet
from syntagma.text.vectors import read_first_vectors
from syntagma.text.words import WordFeatures
from syntagma.training.feed import Feed, TrainingBatch, WeightedLoss

_MISSING = -1


class _InitialWeights(NamedTuple):
    """Weights of a tagger that do not start at random values.

    Attributes:
        vectors: Pretrained word vectors of shape (words, D), or `None` if there are none.
        linear: Trained feature CRF, or `None` if there is none.
    """

    vectors: FloatArray | None
    linear: LinearCRF | None


def learn_parts(recipe: TaggingRecipe, train: TaggedTable) -> Parts:
    """Learn vocabularies, tags and the feature CRF from the training sentences, and read pretrained word vectors.

    Raises:
        DataError: If there are fewer than two different tags, or if labels or auxiliary tags that the recipe needs are
            missing.
    """
    assert train.tags is not None
    labels, lower = _labels(train, recipe.model), _lower_tags(train, recipe.model)
    tags = TagSet.from_tags(train.tags, recipe.scheme, labels, lower, train.scheme)
    text = WordFeatures.train(recipe.text, train.words)
    linear = None
    if recipe.feature_crf is not None and has_crf(recipe.model, tags.scheme is not None):
        linear = train_linear_crf(train.words, train.tags, tags)
        text = text if linear is None else text.copy_with_features(linear.features)
    if recipe.embedding.vectors is None:
        return Parts(recipe, text, tags, _InitialWeights(None, linear))
    pretrained = read_first_vectors(recipe.embedding.vectors, recipe.vector_words)
    text = text.copy_with_vectors(pretrained.words)
    numbers = text.encode([sorted({word for row in train.words for word in row})]).words["vectors"]
    note(f"{recipe.embedding.vectors}: vectors for {np.mean(numbers > 0):.1%} of the different training words.")
    embedding = recipe.embedding.model_copy(update={"size": pretrained.matrix.shape[1]})
    return Parts(
        recipe.model_copy(update={"embedding": embedding}), text, tags, _InitialWeights(pretrained.matrix, linear)
    )


def build(parts: Parts, name: str) -> Any:
    """Build the Keras model of a tagger.

    Args:
        parts: Recipe, encoder and tags.
        name: Name of the Keras model.

    Raises:
        BundleError: If the recipe and the tags do not fit together, because a file was modified.
    """
    recipe, text, tags, _ = parts
    expected = (recipe.model.utterance is not None, recipe.model.lower_tags is not None)
    if (bool(tags.utterances), bool(tags.lower)) != expected:
        raise BundleError("the recipe and the tags of the model do not fit together; a file was modified.")
    spec = TaggerSpec(
        words=text.size,
        tags=tags.size,
        spells_spans=tags.scheme is not None,
        characters=text.characters,
        longest=text.config.characters,
        vectors=text.vectors,
        casing=text.config.casing,
        first_word=text.first_word,
        utterances=len(tags.utterances),
        lower=len(tags.lower),
        features=text.features,
    )
    return build_tagger(recipe.model, recipe.embedding, spec, name)


def initialise(model: Any, parts: Parts, seed: int) -> None:
    """Set the pretrained word vectors and the feature CRF of a new model, in place. Without either, do nothing.

    Args:
        model: Keras model of the tagger.
        parts: Recipe, encoder and initial weights.
        seed: Seed for the random vectors of words without a pretrained vector.
    """
    if parts.start is None:
        return
    vectors, linear = parts.start
    if linear is not None:
        model.get_layer("crf").set_features(linear.scores, linear.links)
    if vectors is None:
        return
    matrix = np.concatenate([np.zeros((1, vectors.shape[1]), np.float32), vectors])
    model.get_layer("ready_vectors").embeddings.assign(matrix)
    if parts.recipe.embedding.trainable:
        # The trainable vector of a word is added to its pretrained vector, so it starts at zero if there is one.
        words = parts.encoder.vocabulary()
        has_vector = parts.encoder.encode([words]).words["vectors"] > 0
        initial = np.random.default_rng([seed, 1]).uniform(-INITIAL_RANGE, INITIAL_RANGE, (len(words), matrix.shape[1]))
        model.get_layer("embedding").embeddings.assign(np.where(has_vector[:, None], 0, initial).astype(np.float32))


def encode_rows(table: TaggedTable, text: WordFeatures) -> Rows:
    """Encode the words of sentences for prediction. Tags are ignored."""
    encoded = text.encode(table.words)
    starts = paragraph_starts(table)
    return Rows(encoded.tokens, per_token=encoded.words if starts is None else {**encoded.words, STARTS: starts})


def encode_labelled_rows(table: TaggedTable, parts: Parts, unknown: int | None = None) -> Rows:
    """Encode tagged sentences with their tags, labels, auxiliary tags and weights.

    Args:
        table: Tagged sentences.
        parts: Recipe, encoder and tags of the model.
        unknown: Id for tags and labels that do not occur in the training sentences, or `None` to raise an error.

    Raises:
        DataError: If labels or auxiliary tags that the recipe needs are missing, or if `unknown` is `None` and a tag or
            label does not occur in the training sentences.
    """
    assert table.tags is not None
    rows, tags, model = encode_rows(table, parts.encoder), parts.labels, parts.recipe.model
    numbers = Ragged.from_rows(tags.encode(table.tags, table.place_of, unknown)).values
    if model.lower_tags is not None:
        lower = Ragged.from_rows(tags.encode_lower(_lower_tags(table, model), table.place_of, unknown)).values
        numbers = np.stack([numbers, lower], axis=1)
    per_row: dict[str, Any] = {}
    if model.utterance is not None:
        labels = tags.encode_utterances(_labels(table, model), table.place_of, unknown)
        per_row["labels"] = np.array(labels, np.int64)
    if table.weights is not None:
        per_row["weights"] = scale_to_mean_one(table.weights)
    return replace(rows, per_token={**rows.per_token, "tags": numbers}, per_row=per_row)


def _labels(table: TaggedTable, model: TaggerConfig) -> list[str]:
    """Return the labels of the sentences, or an empty list if the model does not learn them."""
    if model.utterance is None:
        return []
    if table.labels is None:
        raise DataError(
            f"{table.source}: `model.utterance` needs a label for each sentence, and there are none. Provide them as "
            "`intent` or `label`, or name their column with --label-column, or set `model.utterance: null`."
        )
    return list(table.labels)


def _lower_tags(table: TaggedTable, model: TaggerConfig) -> list[list[str]]:
    """Return the auxiliary tags of the words, or an empty list if the model does not learn them."""
    if model.lower_tags is None:
        return []
    column = model.lower_tags.column
    rows = table.columns.get(column)
    if rows is None:
        raise DataError(
            f"{table.source}: `model.lower_tags.column` is {column!r}, which the data do not have; "
            f"{nearest(column, table.columns)}"
        )
    for row, (tags, words) in enumerate(zip(rows, table.words, strict=True)):
        if isinstance(tags, str) or not isinstance(tags, Sequence) or len(tags) != len(words):
            raise DataError(f"{table.place_of(row)}: {column!r} needs a tag for each of {len(words)} words.")
        if not all(isinstance(tag, str) and tag.strip() for tag in tags):
            raise DataError(f"{table.place_of(row)}: a word has no tag in {column!r}.")
    return [list(tags) for tags in rows]


def tag_weights(recipe: TaggingRecipe, train: Rows, tags: TagSet) -> FloatArray | None:
    """Return the weight of each tag in the loss, a float32 array of shape (K,), or `None` if all tags have weight 1.

    Raises:
        ConfigError: If a weight in the recipe is not above 0, or is for a tag that no training sentence has.
    """
    if recipe.class_weights == "none":
        return None
    if recipe.class_weights == "balanced":
        encoded = train.per_token["tags"]
        gold = encoded if encoded.ndim == 1 else encoded[:, 0]
        counts = np.maximum(np.bincount(gold, minlength=tags.size), 1)
        weights = np.sqrt(counts.max() / counts)
        return (weights * len(gold) / weights[gold].sum()).astype(np.float32)
    weights = np.ones(tags.size)
    for name, weight in recipe.class_weights.items():
        if name not in tags.names or weight <= 0:
            known = ", ".join(tags.names)
            raise ConfigError(f"class_weights must have weights above 0 for tags among {known}; got {name}={weight}.")
        weights[tags.names.index(name)] = weight
    return weights.astype(np.float32)


def losses(model: Any, config: TaggerConfig) -> Any:
    """Return the loss of the tags, or a list of weighted losses if the model has further outputs.

    Args:
        model: Keras model of the tagger.
        config: Settings of the network.
    """
    ends_in_crf = len(model.outputs[0].shape) == 4
    tag_loss = CRFLoss() if ends_in_crf else _cross_entropy()
    others = [one for one in (config.utterance, config.lower_tags) if one is not None]
    if not others:
        return tag_loss
    return [WeightedLoss(tag_loss, 1.0), *(WeightedLoss(_cross_entropy(), one.weight) for one in others)]


def _cross_entropy() -> Any:
    return MissingLabels(keras.losses.SparseCategoricalCrossentropy(from_logits=True))


def training_feed(batches: Batches, weights: FloatArray | None, tags: TagSet, inputs: set[str]) -> Feed:
    """Return the training batches, with targets in the order of the outputs of `build_tagger`.

    Args:
        batches: Batches of encoded sentences with tags.
        weights: Weight of each tag in the loss, an array of shape (K,), or `None` if all tags have weight 1.
        tags: Tags of the model.
        inputs: Names of the inputs of the Keras model.
    """

    def epoch_batches(epoch: int, start: int) -> Any:
        for batch in batches.epoch(epoch, start):
            encoded = batch.arrays["tags"]
            columns = [encoded[:, :, 0], encoded[:, :, 1]] if tags.lower else [encoded]
            real = np.arange(columns[0].shape[1]) < batch.arrays["lengths"][:, None]
            word_targets = [np.where(real, column, _MISSING) for column in columns]
            word_weights = np.ones(real.shape, np.float32) if weights is None else weights[columns[0]]
            row_weights = real * batch.weights[:, None]
            targets, counts = [word_targets[0]], [word_weights * row_weights]
            if tags.utterances:
                targets.append(np.where(batch.rows >= 0, batch.arrays["labels"], _MISSING))
                counts.append(batch.weights)
            if tags.lower:
                targets.append(word_targets[1])
                counts.append(row_weights.astype(np.float32))
            alone = len(targets) == 1
            yield TrainingBatch(
                batch.inputs(inputs),
                targets[0] if alone else tuple(targets),
                counts[0] if alone else tuple(counts),
                batch.real,
                loss_excludes_padding=True,
            )

    return Feed(epoch_batches, steps=batches.steps_per_epoch, rows=batches.rows.count)
