"""From sentences to rows of numbers, and what the training sentences decide about a tagger."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from syntagma.config import nearest
from syntagma.data.batching.batches import Batches
from syntagma.data.batching.rows import Rows
from syntagma.data.batching.token_windows import STARTS
from syntagma.data.sentences.table import TaggedTable
from syntagma.errors import BundleError, ConfigError, DataError
from syntagma.models.embedding import INITIAL_RANGE
from syntagma.progress import note
from syntagma.shapes import FloatArray
from syntagma.tasks.arguments import scale_to_mean_one
from syntagma.tasks.hooks import Parts
from syntagma.tasks.tagging.feature_crf import LinearCRF, train_linear_crf
from syntagma.tasks.tagging.network import TaggerConfig, TaggerSpec, build_tagger, has_crf
from syntagma.tasks.tagging.pieces import starts_of
from syntagma.tasks.tagging.recipe import TaggingRecipe
from syntagma.text.ragged import Ragged
from syntagma.text.tags import TagSet
from syntagma.text.vectors import read_first_vectors
from syntagma.text.words import WordFeatures
from syntagma.training.feed import Feed, TrainingBatch

_MISSING = -1


class _Start(NamedTuple):
    """What new weights begin with: ready-made vectors (words, D), and a feature CRF."""

    vectors: FloatArray | None
    linear: LinearCRF | None


def learn_parts(recipe: TaggingRecipe, train: TaggedTable) -> Parts:
    """Learn vocabularies and tags from the training sentences.

    Raises:
        DataError: There are no tags, or fewer than two.
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
        return Parts(recipe, text, tags, _Start(None, linear))
    ready = read_first_vectors(recipe.embedding.vectors, recipe.vector_words)
    text = text.copy_with_vectors(ready.words)
    numbers = text.encode([sorted({word for row in train.words for word in row})]).words["vectors"]
    note(f"{recipe.embedding.vectors}: vectors for {np.mean(numbers > 0):.1%} of the different words of train.")
    embedding = recipe.embedding.model_copy(update={"size": ready.matrix.shape[1]})
    return Parts(recipe.model_copy(update={"embedding": embedding}), text, tags, _Start(ready.matrix, linear))


def build(parts: Parts, name: str) -> Any:
    """Build the network of one tagger.

    Raises:
        BundleError: Recipe and tags do not fit; a file was changed.
    """
    recipe, text, tags, _ = parts
    wanted = (recipe.model.utterance is not None, recipe.model.lower_tags is not None)
    if (bool(tags.utterances), bool(tags.lower)) != wanted:
        raise BundleError("the recipe and the tags of the model do not fit; a file was changed.")
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


def begin(model: Any, parts: Parts, seed: int) -> None:
    """Give a new model its ready-made vectors and its feature CRF, if there are some."""
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
        # What is added to a ready-made vector begins with nothing.
        words = parts.encoder.vocabulary()
        has_vector = parts.encoder.encode([words]).words["vectors"] > 0
        drawn = np.random.default_rng([seed, 1]).uniform(-INITIAL_RANGE, INITIAL_RANGE, (len(words), matrix.shape[1]))
        model.get_layer("embedding").embeddings.assign(np.where(has_vector[:, None], 0, drawn).astype(np.float32))


def rows_of(table: TaggedTable, text: WordFeatures) -> Rows:
    """Return sentences as numbers, to be read."""
    encoded = text.encode(table.words)
    starts = starts_of(table)
    return Rows(encoded.tokens, per_token=encoded.words if starts is None else {**encoded.words, STARTS: starts})


def learning_rows_of(table: TaggedTable, parts: Parts, unknown: int | None = None) -> Rows:
    """Return sentences as numbers with all that is learned of them.

    A tag or label that training lacks becomes the number `unknown`.

    Raises:
        DataError: They lack labels or lower tags that the recipe wants, or have one that training lacks and `unknown`
            is `None`.
    """
    assert table.tags is not None
    rows, tags, model = rows_of(table, parts.encoder), parts.labels, parts.recipe.model
    numbers = Ragged.from_rows(tags.encode(table.tags, table.place_of, unknown)).values
    if model.lower_tags is not None:
        lower = Ragged.from_rows(tags.encode_lower(_lower_tags(table, model), table.place_of, unknown)).values
        numbers = np.stack([numbers, lower], axis=1)
    per_row: dict[str, Any] = {}
    if model.utterance is not None:
        found = tags.encode_utterances(_labels(table, model), table.place_of, unknown)
        per_row["labels"] = np.array(found, np.int64)
    if table.weights is not None:
        per_row["weights"] = scale_to_mean_one(table.weights)
    return replace(rows, per_token={**rows.per_token, "tags": numbers}, per_row=per_row)


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
    if recipe.class_weights == "balanced":
        given = train.per_token["tags"]
        found = given if given.ndim == 1 else given[:, 0]
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
            given = batch.arrays["tags"]
            columns = [given[:, :, 0], given[:, :, 1]] if tags.lower else [given]
            real = np.arange(columns[0].shape[1]) < batch.arrays["lengths"][:, None]
            of_words = [np.where(real, column, _MISSING) for column in columns]
            counted = np.ones(real.shape, np.float32) if weights is None else weights[columns[0]]
            of_rows = real * batch.weights[:, None]
            targets, counts = [of_words[0]], [counted * of_rows]
            if tags.utterances:
                targets.append(np.where(batch.rows >= 0, batch.arrays["labels"], _MISSING))
                counts.append(batch.weights)
            if tags.lower:
                targets.append(of_words[1])
                counts.append(of_rows.astype(np.float32))
            alone = len(targets) == 1
            yield TrainingBatch(
                batch.inputs(inputs),
                targets[0] if alone else tuple(targets),
                counts[0] if alone else tuple(counts),
                batch.real,
                loss_excludes_padding=True,
            )

    return Feed(of_epoch, steps=batches.steps_per_epoch, rows=batches.rows.count)
