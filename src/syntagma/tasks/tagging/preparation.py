"""From sentences to rows of numbers, and what the training sentences decide about a tagger."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from syntagma import backend
from syntagma.bundle import build_model, read_parts
from syntagma.config import nearest
from syntagma.data.batching.batches import Batches, Rows
from syntagma.data.sentences.table import TaggedTable
from syntagma.errors import ConfigError, DataError
from syntagma.models.embedding import INITIAL_RANGE
from syntagma.models.tagger import TaggerConfig
from syntagma.models.weights import assign_weights, weight_arrays
from syntagma.progress import note
from syntagma.recipes.schema import TaggingRecipe
from syntagma.shapes import FloatArray
from syntagma.tasks.classification.preparation import check_start, parts_folder, resumed_recipe
from syntagma.text.ragged import Ragged
from syntagma.text.tags import TagSet
from syntagma.text.vectors import read_first_vectors
from syntagma.text.words import WordFeatures
from syntagma.training.feed import Feed, TrainingBatch

_MISSING = -1


class TaggerParts(NamedTuple):
    """What a tagger is built from: the recipe, vocabularies, tags, and ready-made vectors where a file has them."""

    recipe: TaggingRecipe
    text: WordFeatures
    labels: TagSet
    vectors: FloatArray | None = None


def learn_parts(
    recipe: TaggingRecipe, train: TaggedTable, checkpoint: str | Path | None, start: Any = None
) -> TaggerParts:
    """Learns vocabularies and tags from the training sentences, or takes those of a checkpoint or of a trained tagger.

    Args:
        recipe: How.
        train: The training sentences.
        checkpoint: A folder that may hold parts already.
        start: A fitted tagger to go on from, or `None`.

    Raises:
        ConfigError: The recipe would build another model than that of `start`.
        DataError: There are no tags, or fewer than two, or one that `start` does not know.
    """
    if checkpoint is not None and parts_folder(checkpoint).is_dir():
        kept, text, tags = read_parts(parts_folder(checkpoint))
        assert isinstance(text, WordFeatures)
        assert isinstance(tags, TagSet)
        return TaggerParts(resumed_recipe(kept, recipe), text, tags)
    if train.tags is None:
        raise DataError(f"{train.source}: words without tags are nothing to learn from; give the tags too.")
    if start is not None:
        if start.recipe_.embedding.vectors is not None:  # their file decided the size
            recipe = recipe.model_copy(update={"embedding": start.recipe_.embedding})
        check_start(start, recipe, ("scheme", "text", "embedding", "model", "vector_words"))
        start.labels_.encode(train.tags, train.place_of)
        return TaggerParts(recipe, start.text_, start.labels_)
    tags = TagSet.from_tags(train.tags, recipe.scheme, _labels(train, recipe.model), _lower_tags(train, recipe.model))
    text = WordFeatures.train(recipe.text, train.words)
    if recipe.embedding.vectors is None:
        return TaggerParts(recipe, text, tags)
    ready = read_first_vectors(recipe.embedding.vectors, recipe.vector_words)
    text = text.take_vectors(ready.words)
    numbers = text.encode([sorted({word for row in train.words for word in row})]).words["vectors"]
    note(f"{recipe.embedding.vectors}: vectors for {np.mean(numbers > 0):.1%} of the different words of train.")
    embedding = recipe.embedding.model_copy(update={"size": ready.matrix.shape[1]})
    return TaggerParts(recipe.model_copy(update={"embedding": embedding}), text, tags, ready.matrix)


def new_model(parts: TaggerParts, seed: int, start: Any = None) -> Any:
    """A model with the weights that training begins with, those of a fitted tagger where there is one."""
    with backend.seeded(seed):
        model = build_model(parts.recipe, parts.text, parts.labels)
    if start is not None:
        assign_weights(model, weight_arrays(start.keras_model))
        return model
    if parts.vectors is not None:
        matrix = np.concatenate([np.zeros((1, parts.vectors.shape[1]), np.float32), parts.vectors])
        model.get_layer("ready_vectors").embeddings.assign(matrix)
        if parts.recipe.embedding.trainable:
            # What is added to a ready-made vector begins with nothing.
            words = parts.text.vocabulary()
            has_vector = parts.text.encode([words]).words["vectors"] > 0
            drawn = np.random.default_rng([seed, 1]).uniform(
                -INITIAL_RANGE, INITIAL_RANGE, (len(words), matrix.shape[1])
            )
            model.get_layer("embedding").embeddings.assign(np.where(has_vector[:, None], 0, drawn).astype(np.float32))
    return model


def rows_of(table: TaggedTable, text: WordFeatures) -> Rows:
    """Sentences as numbers, to be read."""
    encoded = text.encode(table.words)
    return Rows(encoded.tokens, words=encoded.words)


def learning_rows_of(table: TaggedTable, parts: TaggerParts, unknown: int | None = None) -> Rows:
    """Sentences as numbers with all that is learned of them.

    Args:
        table: The sentences.
        parts: The vocabularies.
        unknown: The number of a tag or label that training has not; `None`: it is an error.

    Raises:
        DataError: They lack labels or lower tags that the recipe wants, or have one that training has not.
    """
    assert table.tags is not None
    rows, tags, model = rows_of(table, parts.text), parts.labels, parts.recipe.model
    numbers = Ragged.from_rows(tags.encode(table.tags, table.place_of, unknown)).values
    if model.lower_tags is not None:
        lower = Ragged.from_rows(tags.encode_lower(_lower_tags(table, model), table.place_of, unknown)).values
        numbers = np.stack([numbers, lower], axis=1)
    labels = None
    if model.utterance is not None:
        labels = np.array(tags.encode_utterances(_labels(table, model), table.place_of, unknown), np.int64)
    return replace(rows, tags=numbers, labels=labels)


def _labels(table: TaggedTable, model: TaggerConfig) -> list[str]:
    """The labels of the sentences, where they are learned."""
    if model.utterance is None:
        return []
    if table.labels is None:
        raise DataError(
            f"{table.source}: `model.utterance` learns a label for each sentence, and there is none. Write it under "
            "`intent` or `label`, or name it with --label-column; or train without: `model.utterance: null`."
        )
    return list(table.labels)


def _lower_tags(table: TaggedTable, model: TaggerConfig) -> list[list[str]]:
    """The tags of the second column, where they are learned."""
    if model.lower_tags is None:
        return []
    column = model.lower_tags.column
    rows = table.columns.get(column)
    if rows is None:
        raise DataError(
            f"{table.source}: `model.lower_tags.column` is {column!r}, which is not there; "
            f"{nearest(column, table.columns)}"
        )
    for row, (tags, words) in enumerate(zip(rows, table.words, strict=True)):
        if isinstance(tags, str) or not isinstance(tags, Sequence) or len(tags) != len(words):
            raise DataError(f"{table.place_of(row)}: {column!r} needs a tag for each of {len(words)} words.")
        if not all(isinstance(tag, str) and tag.strip() for tag in tags):
            raise DataError(f"{table.place_of(row)}: a word has no tag in {column!r}.")
    return [list(tags) for tags in rows]


def tag_weights(recipe: TaggingRecipe, train: Rows, tags: TagSet) -> FloatArray | None:
    """The weight of each tag in the loss, (K,), or `None` for ones.

    Raises:
        ConfigError: A weight for a tag that training has not, or none above 0.
    """
    if recipe.class_weights == "none":
        return None
    assert train.tags is not None
    if recipe.class_weights == "balanced":
        found = train.tags if train.tags.ndim == 1 else train.tags[:, 0]
        counts = np.maximum(np.bincount(found, minlength=tags.size), 1)
        weights = np.sqrt(counts.max() / counts)
        return (weights * len(found) / weights[found].sum()).astype(np.float32)
    weights = np.ones(tags.size)
    for name, weight in recipe.class_weights.items():
        if name not in tags.names or weight <= 0:
            known = ", ".join(tags.names)
            raise ConfigError(f"class_weights: {name}={weight}: a weight above 0 for one of {known} is needed.")
        weights[tags.names.index(name)] = weight
    return weights.astype(np.float32)


def training_feed(batches: Batches, weights: FloatArray | None, tags: TagSet, inputs: set[str]) -> Feed:
    """Batches in the form that training takes; the targets are in the order of the outputs of `build_tagger`."""

    def of_epoch(epoch: int, start: int) -> Any:
        for batch in batches.epoch(epoch, start):
            assert batch.tags is not None
            chosen = {name: value for name, value in batch.inputs.items() if name in inputs}
            columns = [batch.tags[:, :, 0], batch.tags[:, :, 1]] if tags.lower else [batch.tags]
            real = np.arange(columns[0].shape[1]) < batch.inputs["lengths"][:, None]
            of_words = [np.where(real, column, _MISSING) for column in columns]
            counted = np.ones(real.shape, np.float32) if weights is None else weights[columns[0]]
            targets, counts = [of_words[0]], [counted * real]
            if tags.utterances:
                assert batch.labels is not None
                targets.append(np.where(batch.rows >= 0, batch.labels, _MISSING))
                counts.append(batch.weights)
            if tags.lower:
                targets.append(of_words[1])
                counts.append(real.astype(np.float32))
            alone = len(targets) == 1
            yield TrainingBatch(
                chosen,
                targets[0] if alone else tuple(targets),
                counts[0] if alone else tuple(counts),
                batch.real,
                counts_real=True,
            )

    return Feed(of_epoch, steps=batches.steps_per_epoch, rows=batches.rows.count)
