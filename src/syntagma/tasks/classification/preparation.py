"""From tables of text to rows of numbers, and what the training rows decide about a model."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from syntagma import backend
from syntagma.bundle import build_model, read_parts, write_parts
from syntagma.config import Config
from syntagma.data.batching.batches import Batches, Rows
from syntagma.data.tables.table import Corpus, Table
from syntagma.data.texts.known_labels import with_known_labels
from syntagma.errors import ConfigError, DataError
from syntagma.evaluation.classification.scores import decide
from syntagma.files import read_json, replacing_folder, write_json
from syntagma.metrics.calibration import fit_temperature, probabilities_of
from syntagma.models.embedding import INITIAL_RANGE
from syntagma.models.term_weights import label_information
from syntagma.models.weights import assign_weights, named_weights, weight_arrays
from syntagma.progress import note
from syntagma.recipes.schema import AnyRecipe, Recipe
from syntagma.shapes import AnyArray, FloatArray
from syntagma.text.features import TextFeatures
from syntagma.text.labels import LabelSet
from syntagma.text.scripts import share_without_spaces
from syntagma.text.vectors import WordVectors, read_vectors
from syntagma.training.checkpoint import Checkpoint
from syntagma.training.config import MAY_CHANGE
from syntagma.training.feed import Feed, TrainingBatch
from syntagma.training.objectives import balanced_weights, targets_for

# Weights of the n-gram branch, n-grams times outputs, above which its dense updates would dominate a training step.
_NGRAM_WEIGHTS = 8_000_000

# The network's beside the n-grams, until dev rows choose one.
DEFAULT_SHARE = 0.5

# Fewer say more about themselves than about the model.
_ROWS_FOR_TEMPERATURE = 100
_MISTAKES_FOR_TEMPERATURE = 5


class Parts(NamedTuple):
    """What a model is built from: the recipe, vocabularies, labels, and vectors for the words where a file has them."""

    recipe: Recipe
    text: TextFeatures
    labels: LabelSet
    vectors: WordVectors | None = None


def learn_parts(recipe: Recipe, corpus: Corpus, start: "Any | None", checkpoint: str | Path | None) -> Parts:
    """Learns vocabularies and labels from the training rows, or takes those of a checkpoint or of a trained model.

    Args:
        recipe: How.
        corpus: With a split `train`.
        start: A fitted classifier to go on from, or `None`.
        checkpoint: A folder that may hold parts already.

    Raises:
        ConfigError: The recipe would build another model than that of `start`.
        DataError: A label that `start` does not know.
    """
    if checkpoint is not None and parts_folder(checkpoint).is_dir():
        return _resumed_parts(recipe, parts_folder(checkpoint))
    if start is not None:
        return _parts_of(start, recipe, corpus)
    labels = LabelSet.from_labels(corpus.train.labels or [])
    text = learn_text(recipe, corpus.train.texts, labels)
    recipe, vectors = with_vectors(recipe, text)
    return Parts(recipe, text, labels, vectors)


def parts_folder(checkpoint: str | Path) -> Path:
    """Where a checkpoint keeps what does not change in training."""
    return Path(checkpoint) / "parts"


def _resumed_parts(recipe: Recipe, folder: Path) -> Parts:
    """Vocabularies and labels of a checkpoint, with the recipe as it is now, whose limits may be others."""
    kept, text, labels = read_parts(folder)
    assert isinstance(text, TextFeatures)
    assert isinstance(labels, LabelSet)
    return Parts(resumed_recipe(kept, recipe), text, labels)


def resumed_recipe(kept: AnyRecipe, now: Any) -> Any:
    """The recipe of a training that goes on, sure to be that which it began with, its limits aside.

    Raises:
        ConfigError: Something else differs.
    """
    if kept.embedding.vectors is not None:  # their file decided the size
        now = now.model_copy(update={"embedding": kept.embedding})
    check_changes(kept, now)
    return now


def check_changes(before: AnyRecipe, now: AnyRecipe) -> None:
    """Refuses to go on with a training by another recipe, its limits aside.

    Raises:
        ConfigError: Something else differs.
    """
    limits = dict.fromkeys(MAY_CHANGE, None)
    for name in type(before).model_fields:
        old, new = (getattr(recipe, name) for recipe in (before, now))
        if name == "training":
            old, new = ({**training.model_dump(), **limits} for training in (old, new))
        if old != new and name not in ("name", "description", "expected"):
            raise ConfigError(
                f"`{name}` of the recipe is not as this training began with. In a training that is resumed only "
                f"{', '.join(f'training.{key}' for key in MAY_CHANGE)} may change."
            )


def check_start(start: Any, recipe: AnyRecipe, parts: Sequence[str]) -> None:
    """Refuses to start from a trained model whose weights would not fit.

    Raises:
        ConfigError: It is an ensemble, or its recipe differs in one of `parts`.
    """
    for part in parts:
        before, now = (_of_weights(getattr(one, part)) for one in (start.recipe_, recipe))
        if before != now:
            raise ConfigError(
                f"`{part}` of the recipe differs from that of the model to start from, whose weights would not fit. "
                "Change settings of `training` and `batches`, and dropout, only."
            )
    if start.members_ > 1:
        raise ConfigError("the model to start from is an ensemble; start from one of its members' runs.")


def check_same(models: Sequence[Any]) -> None:
    """Refuses to average models that differ in more than their weights.

    Raises:
        ConfigError: They do.
    """
    first = models[0]
    for model in models:
        same = model.labels_ == first.labels_ and model.text_.to_dict() == first.text_.to_dict()
        if not same or model.recipe_ != first.recipe_ or model.members_ > 1:
            raise ConfigError("models must have the same recipe, labels and vocabulary to be averaged.")


def _parts_of(start: Any, recipe: Recipe, corpus: Corpus) -> Parts:
    check_start(start, recipe, ("text", "embedding", "model", "ngram_branch"))
    with_known_labels(corpus.train, set(start.labels_.names))
    return Parts(recipe, start.text_, start.labels_)


def _of_weights(config: Any) -> Any:
    """The settings that weights are learned for."""
    if not isinstance(config, Config):
        return config
    others = ("descent_rate", "share")
    return {key: value for key, value in config.model_dump().items() if "dropout" not in key and key not in others}


def training_rows(parts: Parts, corpus: Corpus) -> tuple[Rows, Rows | None]:
    """The rows of train, with weights where the recipe asks for them, and of dev where it wants one."""
    train = with_weights(rows_of(corpus.train, parts.text, parts.labels), parts.recipe, parts.labels)
    return train, rows_of(corpus["dev"], parts.text, parts.labels) if parts.recipe.training.dev else None


def checkpoint_for(
    folder: str | Path | None, parts: "Parts | Any", train: Rows, dev: Rows | None, seed: int
) -> Checkpoint | None:
    """The checkpoint in a folder, sure to be of these rows; a new one keeps the parts.

    Raises:
        DataError: The rows are not those that the checkpoint was made of.
        ConfigError: Nor is the seed.
    """
    if folder is None:
        return None
    began = {"rows": rows_digest([rows for rows in (train, dev) if rows is not None]), "seed": seed}
    kept = parts_folder(folder)
    if kept.is_dir():
        before = read_json(kept / "began.json", 1 << 20)
        if before["seed"] != seed:
            raise ConfigError(f"{folder}: this training began with seed {before['seed']}; got {seed}. Use the same.")
        if before != began:
            raise DataError(
                f"{folder}: the rows to train on are not those that this training began with. Put the data back as "
                "they were, or start anew with --overwrite."
            )
    else:
        with replacing_folder(kept) as temporary:
            write_parts(temporary, parts.recipe, parts.text, parts.labels)
            write_json(temporary / "began.json", began)
    return Checkpoint(Path(folder) / "state")


def rows_digest(splits: Sequence[Rows]) -> str:
    """A digest of ids and labels."""
    digest = hashlib.sha256()
    for rows in splits:
        ngrams = [] if rows.ngrams is None else [rows.ngrams.ids.values, rows.ngrams.ids.offsets]
        words = [rows.words[name] for name in sorted(rows.words)]
        known = [array for array in (rows.labels, *words, rows.tags) if array is not None]
        for array in (rows.tokens.values, rows.tokens.offsets, *ngrams, *known):
            digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


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


def new_model(parts: Parts, train: Rows, seed: int, start: "Any | None" = None) -> Any:
    """A model with the weights that training begins with."""
    recipe, text, labels, vectors = parts
    with backend.seeded(seed):
        model = build_model(recipe, text, labels)
    if start is not None:
        assign_weights(model, weight_arrays(start.keras_model))
        return model
    if vectors is not None:
        _set_vectors(model, vectors, seed)
    if recipe.ngram_branch is not None and train.ngrams is not None:
        _set_scale(model, train, labels)
        model.get_layer("sum").set_shares(np.array([DEFAULT_SHARE, 1.0], np.float32))
    return model


def named(model: Any, weights: Sequence[AnyArray]) -> dict[str, AnyArray]:
    """Weights in the order of a model's variables, by name."""
    return dict(zip(named_weights(model), weights, strict=True))


def ensemble_of(recipe: AnyRecipe, text: Any, labels: Any, members: Sequence[Mapping[str, AnyArray]]) -> Any:
    """A Keras model that averages models of one recipe with the given weights by name."""
    arrays = {
        f"member_{number}/{name}": array for number, weights in enumerate(members) for name, array in weights.items()
    }
    with backend.blank_weights(limit=sum(array.size for array in arrays.values())):
        model = build_model(recipe, text, labels, members=len(members))
    assign_weights(model, arrays)
    return model


def fitted_temperature(logits: FloatArray, gold: AnyArray, task: str) -> float:
    """The temperature that fits these rows, or 1 where they are too few, or have too few mistakes, to tell."""
    decided = decide(probabilities_of(logits, task), task == "multilabel")
    wrong = int((decided != gold).sum())
    if len(gold) < _ROWS_FOR_TEMPERATURE or wrong < _MISTAKES_FOR_TEMPERATURE:
        return 1.0
    return round(fit_temperature(logits, gold, task), 6)


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


def _set_scale(model: Any, train: Rows, labels: LabelSet) -> None:
    assert train.ngrams is not None
    assert train.labels is not None
    layer = model.get_layer("ngram_branch")
    targets = targets_for(train.labels, labels.task, outputs_of(labels))
    ids = train.ngrams.ids
    text_of_ngram = np.repeat(np.arange(train.count), ids.lengths)
    layer.set_scale(label_information(ids.values, text_of_ngram, targets, layer.size))
