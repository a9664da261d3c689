"""Preparation of a text classifier for training: vocabularies, labels, word vectors and initial weights."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from syntagma.data.batching.rows import Rows
from syntagma.data.texts.table import TextTable
from syntagma.models.embedding import INITIAL_RANGE
from syntagma.progress import note
from syntagma.tasks.classification.networks.classifier import ModelSpec, build_classifier
from syntagma.tasks.classification.recipe import Recipe
from syntagma.tasks.classification.term_weights import label_information
from syntagma.tasks.hooks import Parts
from syntagma.text.features import TextFeatures
from syntagma.text.labels import LabelSet
from syntagma.text.scripts import share_without_spaces
from syntagma.text.vectors import WordVectors, read_vectors
from syntagma.training.objectives import targets_for

# Maximum number of weights of the n-gram branch (n-grams times outputs). With more weights, updating them would take
# most of the time of a training step.
_NGRAM_WEIGHTS = 8_000_000

# Factor of the network's logits relative to those of the n-gram branch, until it is chosen on the dev rows.
DEFAULT_SHARE = 0.5


def learn_parts(recipe: Recipe, train: TextTable) -> Parts:
    """Learn vocabularies and labels from the training texts, and read the pretrained word vectors, if any."""
    labels = LabelSet.from_labels(train.labels or [])
    text = learn_text(recipe, train.texts, labels)
    recipe, vectors = load_vectors(recipe, text)
    return Parts(recipe, text, labels, vectors)


def learn_text(recipe: Recipe, texts: Sequence[str], labels: LabelSet) -> TextFeatures:
    """Learn the vocabularies from the training texts. Print a note if many letters are in a script without spaces."""
    share = share_without_spaces(texts)
    if share > 0.1:
        tokens = {"word": "each of its characters is a token", "character": "each character is a token"}.get(
            recipe.text.encoder.kind, "the encoder splits it into tokens"
        )
        note(f"{share:.0%} of the letters belong to a script without spaces between words: {tokens}.")
    return TextFeatures.train(recipe.text, texts, ngram_limit=_NGRAM_WEIGHTS // labels.outputs)


def load_vectors(recipe: Recipe, text: TextFeatures) -> tuple[Recipe, WordVectors | None]:
    """Read the pretrained word vectors that a recipe names.

    Returns:
        The recipe, with `embedding.size` set to the length of the vectors, and the vectors. If the recipe names no
        vectors, the recipe is returned unchanged, with `None` instead of vectors.
    """
    if recipe.embedding.vectors is None:
        return recipe, None
    vectors = read_vectors(recipe.embedding.vectors, text.encoder.vocabulary())
    note(f"{recipe.embedding.vectors}: vectors for {vectors.coverage:.1%} of the vocabulary.")
    embedding = recipe.embedding.model_copy(update={"size": vectors.matrix.shape[1]})
    return recipe.model_copy(update={"embedding": embedding}), vectors


def encode_rows(table: TextTable, text: TextFeatures, targets: Any) -> Rows:
    """Encode the texts of a table as token ids and, if the model uses n-grams, n-gram ids.

    Args:
        table: Texts.
        text: Encoder with the vocabularies.
        targets: Dictionary of arrays with one value or row per text, `labels` and optionally `weights`, to be included
            in the result unchanged. Empty for texts without labels.
    """
    encoded = text.encode(table.texts)
    return Rows(encoded.tokens, {} if encoded.ngrams is None else {"ngram": encoded.ngrams}, targets)


def build(parts: Parts, name: str) -> Any:
    """Build the Keras model of a text classifier.

    Args:
        parts: Recipe, encoder and labels.
        name: Name of the Keras model.
    """
    recipe, text, labels, _ = parts
    spec = ModelSpec(
        vocabulary_size=text.encoder.size,
        ngram_size=0 if text.ngrams is None else text.ngrams.size,
        outputs=labels.outputs,
        time=recipe.batches.max_tokens if recipe.batches.fixed_length else None,
        losses=labels.size if labels.kind == "multilabel" else 1,
    )
    return build_classifier(recipe.model, recipe.embedding, recipe.ngram_branch, spec, name)


def initialise(model: Any, parts: Parts, train: Rows, seed: int) -> None:
    """Set those weights of a new model that do not start at random values.

    These are the pretrained word vectors, and the n-gram weights and shares of the n-gram branch. A model that has
    neither is left unchanged.

    Args:
        model: Keras model, which is changed in place.
        parts: Recipe, labels and pretrained word vectors.
        train: Encoded training texts.
        seed: Seed for the random vectors of words without a pretrained vector.
    """
    if parts.start is not None:
        _set_vectors(model, parts.start, seed)
    if parts.recipe.ngram_branch is not None and "ngram" in train.bags:
        _set_scale(model, train, parts.labels)
        model.get_layer("sum").set_shares(np.array([DEFAULT_SHARE, 1.0], np.float32))


def _set_vectors(model: Any, vectors: WordVectors, seed: int) -> None:
    random = np.random.default_rng([seed, 1])
    initial = random.uniform(-INITIAL_RANGE, INITIAL_RANGE, vectors.matrix.shape)
    matrix = np.where(vectors.found[:, None], vectors.matrix, initial).astype(np.float32)
    matrix[0] = 0  # padding
    model.get_layer("embedding").embeddings.assign(matrix)


def _set_scale(model: Any, train: Rows, labels: LabelSet) -> None:
    layer = model.get_layer("ngram_branch")
    targets = targets_for(train.per_row["labels"], labels.kind, labels.outputs)
    ids = train.bags["ngram"].ids
    text_of_ngram = np.repeat(np.arange(train.count), ids.lengths)
    layer.set_scale(label_information(ids.values, text_of_ngram, targets, layer.size))
