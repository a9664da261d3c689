"""From sentences to rows of numbers, and what the training sentences decide about a tagger."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from syntagma import backend
from syntagma.bundle import build_model, read_parts
from syntagma.data.batches import Batches, Rows
from syntagma.data.tagged_table import TaggedTable
from syntagma.errors import ConfigError, DataError
from syntagma.models.embedding import INITIAL_RANGE
from syntagma.models.weights import assign_weights, weight_arrays
from syntagma.progress import note
from syntagma.recipes.schema import TaggingRecipe
from syntagma.shapes import FloatArray
from syntagma.tasks.preparation import check_changes, check_start, parts_folder
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
        if kept.embedding.vectors is not None:  # their file decided the size
            recipe = recipe.model_copy(update={"embedding": kept.embedding})
        check_changes(kept, recipe)
        return TaggerParts(recipe, text, tags)
    if train.tags is None:
        raise DataError(f"{train.source}: words without tags are nothing to learn from; give the tags too.")
    if start is not None:
        if start.recipe_.embedding.vectors is not None:  # their file decided the size
            recipe = recipe.model_copy(update={"embedding": start.recipe_.embedding})
        check_start(start, recipe, ("scheme", "text", "embedding", "model", "vector_words"))
        start.labels_.encode(train.tags, train.place_of)
        return TaggerParts(recipe, start.text_, start.labels_)
    tags = TagSet.from_tags(train.tags, recipe.scheme)
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


def rows_of(table: TaggedTable, text: WordFeatures, tags: TagSet | None = None) -> Rows:
    """Sentences as numbers; tags only where a tag set is given."""
    encoded = text.encode(table.words)
    if tags is None or table.tags is None:
        return Rows(encoded.tokens, words=encoded.words)
    numbers = Ragged.from_rows(tags.encode(table.tags, table.place_of))
    return Rows(encoded.tokens, words=encoded.words, tags=numbers.values)


def tag_weights(recipe: TaggingRecipe, train: Rows, tags: TagSet) -> FloatArray | None:
    """The weight of each tag in the loss, (K,), or `None` for ones.

    Raises:
        ConfigError: A weight for a tag that training has not, or none above 0.
    """
    if recipe.class_weights == "none":
        return None
    assert train.tags is not None
    if recipe.class_weights == "balanced":
        counts = np.maximum(np.bincount(train.tags, minlength=tags.size), 1)
        weights = np.sqrt(counts.max() / counts)
        return (weights * len(train.tags) / weights[train.tags].sum()).astype(np.float32)
    weights = np.ones(tags.size)
    for name, weight in recipe.class_weights.items():
        if name not in tags.names or weight <= 0:
            known = ", ".join(tags.names)
            raise ConfigError(f"class_weights: {name}={weight}: a weight above 0 for one of {known} is needed.")
        weights[tags.names.index(name)] = weight
    return weights.astype(np.float32)


def training_feed(batches: Batches, weights: FloatArray | None, inputs: set[str]) -> Feed:
    """Batches in the form that training takes."""

    def of_epoch(epoch: int, start: int) -> Any:
        for batch in batches.epoch(epoch, start):
            assert batch.labels is not None
            chosen = {name: value for name, value in batch.inputs.items() if name in inputs}
            time = batch.labels.shape[1]
            real = np.arange(time) < batch.inputs["lengths"][:, None]
            counted = np.ones(batch.labels.shape, np.float32) if weights is None else weights[batch.labels]
            targets = np.where(real, batch.labels, _MISSING)
            yield TrainingBatch(chosen, targets, counted * real, batch.real, counts_real=True)

    return Feed(of_epoch, steps=batches.steps_per_epoch, rows=batches.rows.count)
