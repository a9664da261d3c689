"""From tables of text to rows of numbers, and what the training rows decide about a model."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from syntagma import backend
from syntagma.bundle import build_model
from syntagma.data.batches import Batches, Rows
from syntagma.data.table import Table
from syntagma.models.embedding import INITIAL_RANGE
from syntagma.models.naive_bayes import log_count_ratios
from syntagma.progress import note
from syntagma.recipes.schema import Recipe
from syntagma.text.features import TextFeatures
from syntagma.text.labels import LabelSet
from syntagma.text.scripts import share_without_spaces
from syntagma.text.vectors import WordVectors, read_vectors
from syntagma.training.fitting import Feed, TrainingBatch
from syntagma.training.objectives import balanced_weights, targets_for

# Weights of the n-gram branch, n-grams times outputs, above which its dense updates would dominate a training step.
_NGRAM_WEIGHTS = 8_000_000


def learn_text(recipe: Recipe, texts: Sequence[str], labels: LabelSet) -> TextFeatures:
    """Learns the vocabularies from the training texts and says what a person should know about them."""
    share = share_without_spaces(texts)
    if share > 0.1:
        treated = {"word": "each of its characters is a token", "character": "each character is a token"}.get(
            recipe.text.encoder.kind, "its tokens are those of the encoder"
        )
        note(f"{share:.0%} of the letters belong to a script without spaces between words: {treated}.")
    limit = _NGRAM_WEIGHTS // outputs_of(labels)
    return TextFeatures.train(recipe.text, texts, ngram_limit=limit)


def outputs_of(labels: LabelSet) -> int:
    """Number of logits: one for two classes, else one a label."""
    return 1 if labels.task == "binary" else labels.size


def rows_of(table: Table, text: TextFeatures, labels: LabelSet | None = None) -> Rows:
    """A table as numbers; labels only where a label set is given."""
    encoded = text.encode(table.texts)
    targets = None if labels is None or table.labels is None else labels.encode(table.labels)
    return Rows(encoded.tokens, encoded.ngrams, targets)


def with_weights(rows: Rows, recipe: Recipe, labels: LabelSet) -> Rows:
    """Training rows with the row weights that the recipe asks for."""
    if recipe.training.class_weights == "none":
        return rows
    assert rows.labels is not None
    return Rows(rows.tokens, rows.ngrams, rows.labels, balanced_weights(rows.labels, labels.task))


def with_vectors(recipe: Recipe, text: TextFeatures) -> tuple[Recipe, WordVectors | None]:
    """Reads the recipe's word vectors, if it names any, and takes their length into the recipe."""
    if recipe.embedding.vectors is None:
        return recipe, None
    vectors = read_vectors(recipe.embedding.vectors, text.encoder.vocabulary())
    note(f"{recipe.embedding.vectors}: vectors for {vectors.coverage:.1%} of the vocabulary.")
    embedding = recipe.embedding.model_copy(update={"size": vectors.matrix.shape[1]})
    return recipe.model_copy(update={"embedding": embedding}), vectors


def new_model(
    recipe: Recipe, text: TextFeatures, labels: LabelSet, train: Rows, vectors: WordVectors | None, seed: int
) -> Any:
    """A model with the weights that it starts from."""
    with backend.seeded(seed):
        model = build_model(recipe, text, labels)
    if vectors is not None:
        _set_vectors(model, vectors, seed)
    if recipe.ngram_branch is not None and train.ngrams is not None:
        _set_ratios(model, train, labels)
    return model


def training_feed(batches: Batches, labels: LabelSet, inputs: set[str]) -> Feed:
    """Batches in the form that training takes."""
    outputs = outputs_of(labels)

    def of_epoch(epoch: int, start: int) -> Any:
        for batch in batches.epoch(epoch, start):
            assert batch.labels is not None
            chosen = {name: value for name, value in batch.inputs.items() if name in inputs}
            targets = targets_for(batch.labels, labels.task, outputs)
            yield TrainingBatch(chosen, targets, batch.weights, batch.real)

    return Feed(of_epoch, steps=batches.steps_per_epoch, rows=batches.rows.count)


def _set_vectors(model: Any, vectors: WordVectors, seed: int) -> None:
    random = np.random.default_rng([seed, 1])
    matrix = np.where(
        vectors.found[:, None],
        vectors.matrix,
        random.uniform(-INITIAL_RANGE, INITIAL_RANGE, vectors.matrix.shape),
    ).astype(np.float32)
    matrix[0] = 0  # padding
    model.get_layer("embedding").embeddings.assign(matrix)


def _set_ratios(model: Any, train: Rows, labels: LabelSet) -> None:
    assert train.ngrams is not None
    assert train.labels is not None
    layer = model.get_layer("ngram_branch")
    targets = targets_for(train.labels, labels.task, outputs_of(labels))
    text_of_ngram = np.repeat(np.arange(train.count), train.ngrams.lengths)
    layer.set_ratio(log_count_ratios(train.ngrams.values, text_of_ngram, targets, layer.size))
