"""The base class of tasks that assign labels to rows: scoring, comparing, reporting and storing predictions."""

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from pydantic import Field

from syntagma.config import Config
from syntagma.data.corpora.registry import is_named, load_corpus
from syntagma.data.options import ReadOptions
from syntagma.data.sources import SplitFiles
from syntagma.data.tables.known_labels import handle_unknown_labels, label_names
from syntagma.data.tables.table import Corpus, Table
from syntagma.errors import DataError
from syntagma.evaluation.baselines import Baseline, most_frequent_label
from syntagma.evaluation.classification.numbers import make_details, verdict_sentence, write_report
from syntagma.evaluation.classification.predictions import Predictions, ReportInput
from syntagma.evaluation.classification.scores import classification_scores
from syntagma.evaluation.classification.sizes import check_scoring_size
from syntagma.evaluation.classification.thresholds import suggest_thresholds
from syntagma.evaluation.facts import RunFacts
from syntagma.evaluation.figures import Metric
from syntagma.metrics.calibration import compute_probabilities
from syntagma.progress import note
from syntagma.recipes.schema import BaseRecipe
from syntagma.shapes import AnyArray, LongArray
from syntagma.tasks.comparing import RunComparison
from syntagma.tasks.details import Details
from syntagma.tasks.labelling import arguments, stored
from syntagma.tasks.labelling.comparing import compare
from syntagma.tasks.labelling.label_classifier import LabelClassifier
from syntagma.tasks.labelling.results import Annotation, Evaluation
from syntagma.tasks.labelling.writers import WRITERS, LabelledRows
from syntagma.tasks.task import Task
from syntagma.tasks.writing import Record, format_by_name
from syntagma.text.labels import LabelSet

_BASELINE_FIGURES = ("accuracy", "macro_f1", "log_loss")
_SCORED = ("dev", "test")


class LabelPredictionConfig(Config):
    """Settings for prediction with a classifier.

    Attributes:
        top_k: Number of labels to write per row, at least 1. The most probable come first, each with its probability.
            With 1, only the prediction is written.
        threshold: Decision threshold, a probability from 0 to 1. With two classes, the second in alphabetical order is
            predicted if its probability is at least the threshold. If rows may have several labels, every label whose
            probability is at least the threshold is predicted. Models that choose one of more than two classes always
            predict the most probable class, and accept only 0.5.
    """

    top_k: int = Field(1, ge=1)
    threshold: float = Field(0.5, ge=0, le=1)


class LabelTask(Task[Predictions]):
    """Base class of the tasks whose models assign labels to rows.

    Attributes:
        row_names: Singular and plural name of a row in reports, such as ("text", "texts").
    """

    estimator: ClassVar[type[LabelClassifier]]
    metrics = (
        Metric("accuracy", "accuracy"),
        Metric("macro_f1", "macro F1"),
        Metric("log_loss", "log loss", is_shown=False),
    )
    prediction_config = LabelPredictionConfig
    writers = WRITERS

    def read(self, source: str | SplitFiles, options: ReadOptions, recipe: BaseRecipe | None) -> Corpus:
        if isinstance(recipe, self.recipe) and not (isinstance(source, str) and is_named(source)):
            options = add_trained_columns(options, recipe)
        return load_corpus(source, options, task=self.name, read=self.read_files)

    def check_corpus(self, corpus: Corpus, options: ReadOptions) -> Corpus:
        if "train" not in corpus:
            return corpus
        known = label_names(corpus.train.labels or [])
        scored = {name: table for name, table in corpus.splits.items() if name in _SCORED}
        checked = {name: handle_unknown_labels(table, known, options.bad_rows) for name, table in scored.items()}
        return Corpus(corpus.name, {**corpus.splits, **checked})

    def check_sizes(self, corpus: Corpus) -> None:
        labels = len(label_names(corpus.train.labels or []))
        for name, table in corpus.splits.items():
            if name in _SCORED:
                check_scoring_size(len(table), labels, f"{table.source}: {name}")

    def check_folds(self, table: Table, folds: Sequence[LongArray]) -> None:
        for held_out in folds:
            rest = np.setdiff1d(np.arange(len(table)), held_out)
            names, others = (label_names(table.select(rows).labels or []) for rows in (held_out, rest))
            if names - others:
                raise DataError(
                    f"all rows with the label {min(names - others)!r} would be in one fold, so a model would be tested "
                    "on a label that it was not trained on. Add rows with this label, or remove it.",
                    path=table.source,
                )

    def check_rows(self, model: Any, table: Table, options: ReadOptions | None = None) -> Table:
        if options is None:  # the rows of a run were checked before training
            return table
        return handle_unknown_labels(table, set(model.labels_.names), options.bad_rows)

    def predict(self, model: Any, table: Table, train: Table | None = None) -> Predictions:
        check_scoring_size(len(table), model.labels_.size, table.source)
        gold, logits = model.encode_gold(table), model.logits(table)
        return Predictions(
            table=table,
            gold=gold,
            logits=logits,
            probabilities=compute_probabilities(logits, model.labels_.kind, model.temperature_),
            labels=model.labels_.names,
            shown=model.display_rows(table),
            lengths=self.lengths(table),
        )

    def add_baselines(self, train: Table, predictions: Mapping[str, Predictions]) -> None:
        first = next(iter(predictions.values()))
        gold = LabelSet(first.labels, "str", first.kind).encode(train.labels or [])
        splits = {split: predicted.table for split, predicted in predictions.items()}
        constant = most_frequent_label(gold, len(first.labels), {split: len(table) for split, table in splits.items()})
        for baseline in (constant, *self.train_baselines(train, gold, len(first.labels), splits)):
            for split, probabilities in baseline.probabilities.items():
                predictions[split].baselines[baseline.name] = probabilities

    def score(self, predictions: Predictions) -> Evaluation:
        names, threshold = list(predictions.labels), predictions.threshold
        scores = classification_scores(predictions.gold, predictions.probabilities, names, threshold)
        return Evaluation(scores, predictions.table.ROWS)

    def score_baselines(self, predictions: Predictions) -> dict[str, dict[str, float]]:
        names = list(predictions.labels)
        return {
            name: {figure: scores[figure] for figure in _BASELINE_FIGURES}
            for name, probabilities in predictions.baselines.items()
            for scores in [classification_scores(predictions.gold, probabilities, names)]
        }

    def rebuild_table(self, predictions: Predictions, model: Any) -> Table:
        return predictions.table

    def copy_baselines(self, predictions: Predictions, stored: Predictions) -> Predictions:
        return replace(predictions, baselines=stored.baselines)

    def can_join(self, models: Sequence[Any]) -> bool:
        return all(model.labels_ == models[0].labels_ for model in models)

    def join(self, parts: Sequence[Predictions]) -> Predictions:
        table = self._join_tables([one.table for one in parts])
        return Predictions(table=table, lengths=self.lengths(table), **stored.join_predictions(parts))

    def compare(self, first: Predictions, second: Predictions, names: tuple[str, str], split: str) -> RunComparison:
        return compare(first, second, names, split)

    def check_evaluation(self, model: Any, config: LabelPredictionConfig) -> LabelPredictionConfig:
        arguments.check_uses_threshold(config.threshold, model.labels_)
        return config

    def change_predictions(self, model: Any, predictions: Predictions, config: LabelPredictionConfig) -> Predictions:
        return replace(predictions, threshold=config.threshold)

    def suggest_thresholds(self, model: Any, predictions: Mapping[str, Predictions]) -> dict[str, Any] | None:
        return suggest_thresholds(predictions)

    def details(self, model: Any, predictions: Mapping[str, Predictions], facts: RunFacts) -> Details:
        return Details(make_details(self._report_input(model, predictions, facts)))

    def verdict(self, model: Any, predictions: Mapping[str, Predictions], facts: RunFacts) -> str:
        return verdict_sentence(self._report_input(model, predictions, facts))

    def write_report(self, folder: Path, model: Any, predictions: Mapping[str, Predictions], facts: RunFacts) -> str:
        report = write_report(folder, self._report_input(model, predictions, facts))
        return str(report["verdict"]["sentence"])

    def _report_input(self, model: Any, predictions: Mapping[str, Predictions], facts: RunFacts) -> ReportInput:
        return ReportInput(
            **vars(facts),
            kind=model.labels_.kind,
            labels=model.labels_.names,
            splits=dict(predictions),
            temperature=model.temperature_,
            threshold=next((one.threshold for one in predictions.values()), 0.5),
            row_names=self.row_names,
        )

    def write_predictions(self, folder: Path, split: str, predictions: Predictions) -> None:
        stored.write_predictions(folder / f"{split}.parquet", predictions, self.pack(predictions.table))

    def read_predictions(self, folder: Path, split: str, model: Any) -> Predictions:
        fields = stored.read_predictions(folder / f"{split}.parquet", model.labels_, self.unpack)
        table = fields["table"]
        return Predictions(**fields, shown=model.display_rows(table), lengths=self.lengths(table))

    def records(self, predictions: Predictions) -> list[Record]:
        return stored.make_records(predictions)

    def has_predictions(self, folder: Path, split: str) -> bool:
        return (folder / f"{split}.parquet").is_file()

    def default_format(self, input: str | None, input_format: str | None) -> str:
        if input is None or (input == "-" and input_format is None):
            return "plain"
        kind = input_format or format_by_name(input, self.writers)
        return kind if kind in ("tsv", "jsonl") else "csv"

    def predict_new(self, model: Any, table: Table, config: Any) -> LabelledRows:
        if config.threshold != 0.5 and model.labels_.kind == "binary":
            note(f"The threshold of {config.threshold:g} applies to the label {model.labels_.names[1]!r}.")
        annotations = model.annotate(table, config.threshold)
        return LabelledRows(
            inputs=[self.input_columns(table, row) for row in range(len(table))],
            predictions=[_prediction_record(annotation, config.top_k) for annotation in annotations],
            texts=[annotation.text for annotation in annotations],
            delimiter=table.delimiter or ",",
            separator=_separator(model),
            first_rank=_first_rank(model, config.threshold),
        )

    # Methods that depend on the type of the rows.

    row_names: ClassVar[tuple[str, str]]

    @abstractmethod
    def read_files(self, path: Path | SplitFiles, options: ReadOptions) -> Corpus:
        """Read a corpus from a file, a folder, or the files of each split."""

    @abstractmethod
    def train_baselines(
        self, train: Any, gold: AnyArray, classes: int, splits: Mapping[str, Any]
    ) -> Iterator[Baseline]:
        """Train the baselines one after the other, and yield the name and the predictions of each.

        Args:
            train: Training rows.
            gold: Gold labels of the training rows: class indices of shape (rows,), or 0/1 values of shape (rows, K).
            classes: Number of labels, K.
            splits: Rows to predict for, keyed by split name.
        """

    @abstractmethod
    def pack(self, table: Any) -> dict[str, list[Any]]:
        """Return the rows of a table, without labels and other columns, as a dictionary of columns for `unpack`."""

    @abstractmethod
    def unpack(
        self, rows: Mapping[str, list[Any]], labels: list[Any], columns: dict[str, list[Any]], source: str
    ) -> Table:
        """Rebuild a table from stored columns.

        Args:
            rows: Dictionary of columns that `pack` returned.
            labels: Gold label of each row.
            columns: Other columns of the input, keyed by name.
            source: Origin of the rows, for messages.
        """

    @abstractmethod
    def input_columns(self, table: Any, row: int) -> dict[str, Any]:
        """Return the input columns of a row, which are written next to its prediction."""

    def lengths(self, table: Any) -> tuple[str, list[int]] | None:
        """Return the unit of length, such as "steps", and the length of each row, or `None` if the rows are texts."""
        return None

    def _join_tables(self, tables: Sequence[Table]) -> Table:
        """Concatenate the rows of several tables. Columns that are missing from any table are dropped."""
        packed = [self.pack(table) for table in tables]
        rows = {name: [value for one in packed for value in one[name]] for name in packed[0]}
        shared = [name for name in tables[0].columns if all(name in table.columns for table in tables)]
        columns = {name: [value for table in tables for value in table.columns[name]] for name in shared}
        labels = [label for table in tables for label in table.labels or []]
        return self.unpack(rows, labels, columns, tables[0].source)


def add_trained_columns(options: ReadOptions, recipe: Any) -> ReadOptions:
    """Return options with which files are, by default, read in the same way as the training file.

    Args:
        options: Options of the user, which take precedence.
        recipe: Recipe of a model, with the columns of its training file.
    """
    columns = {name: value for name, value in recipe.columns.model_dump().items() if value is not None}
    separator, names = columns.pop("label_separator", None), columns.pop("label_names", ())
    separator, names = options.label_separator or separator, tuple(options.label_names) or tuple(names)
    return replace(options, usual=columns, label_separator=separator, label_names=names)


def _first_rank(model: Any, threshold: float) -> int:
    """Return the rank, 1 or 2, from which a ranking is written: 2 if its first label always equals the prediction."""
    return 2 if model.labels_.kind == "multiclass" or (model.labels_.kind == "binary" and threshold == 0.5) else 1


def _prediction_record(annotation: Annotation, top_k: int) -> dict[str, Any]:
    label = list(annotation.label) if isinstance(annotation.label, tuple) else annotation.label
    record: dict[str, Any] = {"prediction": label, "probability": round(annotation.probability, 6)}
    if top_k > 1:
        best = list(annotation.scores.items())[:top_k]
        record["ranking"] = [{"label": name, "probability": round(score, 6)} for name, score in best]
    return record


def _separator(model: Any) -> str:
    """Return a separator for labels that does not occur in any label, preferably the separator of the training file.

    If every candidate occurs in a label, return a comma.
    """
    characters = [getattr(model.recipe_.columns, "label_separator", None) or ",", *",;|\t"]
    return next((one for one in characters if not any(one in name for name in model.labels_.names)), ",")
