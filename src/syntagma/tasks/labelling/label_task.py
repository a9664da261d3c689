"""What the tasks that give rows labels share: scores, comparisons, reports, stored predictions, answers."""

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
from syntagma.data.tables.known_labels import label_names, with_known_labels
from syntagma.data.tables.table import Corpus, Table
from syntagma.errors import DataError
from syntagma.evaluation.baselines import Baseline, most_frequent_label
from syntagma.evaluation.classification.numbers import make_details, verdict_sentence, write_report
from syntagma.evaluation.classification.predicted import Predicted, ReportInput
from syntagma.evaluation.classification.scores import classification_scores
from syntagma.evaluation.classification.sizes import check_scored
from syntagma.evaluation.classification.thresholds import suggest_thresholds
from syntagma.evaluation.facts import RunFacts
from syntagma.evaluation.figures import Figure
from syntagma.metrics.calibration import probabilities_of
from syntagma.progress import note
from syntagma.recipes.schema import BaseRecipe
from syntagma.shapes import AnyArray, LongArray
from syntagma.tasks.comparing import RunComparison
from syntagma.tasks.details import Details
from syntagma.tasks.labelling import arguments, stored
from syntagma.tasks.labelling.comparing import compare
from syntagma.tasks.labelling.label_classifier import LabelClassifier
from syntagma.tasks.labelling.results import Annotation, Evaluation
from syntagma.tasks.labelling.writers import WRITERS, Labelled
from syntagma.tasks.task import Task
from syntagma.tasks.writing import Record, format_by_name
from syntagma.text.labels import LabelSet

_BASELINE_FIGURES = ("accuracy", "macro_f1", "log_loss")
_SCORED = ("dev", "test")


class LabelAnswers(Config):
    """What may be asked at prediction.

    Attributes:
        top_k: Number of labels given per row, the most probable first.
        threshold: Probability from which the second of two classes (in alphabetical order), or a label of several, is
            given.
    """

    top_k: int = Field(1, ge=1)
    threshold: float = Field(0.5, ge=0, le=1)


class LabelTask(Task[Predicted]):
    """A task whose models give rows labels."""

    estimator: ClassVar[type[LabelClassifier]]
    figures = (
        Figure("accuracy", "accuracy"),
        Figure("macro_f1", "macro F1"),
        Figure("log_loss", "log loss", is_shown=False),
    )
    answers = LabelAnswers
    writers = WRITERS

    def read(self, source: str | SplitFiles, options: ReadOptions, recipe: BaseRecipe | None) -> Corpus:
        if isinstance(recipe, self.recipe) and not (isinstance(source, str) and is_named(source)):
            options = reading_as_trained(options, recipe)
        return load_corpus(source, options, task=self.name, read=self.read_files)

    def check_corpus(self, corpus: Corpus, options: ReadOptions) -> Corpus:
        if "train" not in corpus:
            return corpus
        known = label_names(corpus.train.labels or [])
        scored = {name: table for name, table in corpus.splits.items() if name in _SCORED}
        checked = {name: with_known_labels(table, known, options.bad_rows) for name, table in scored.items()}
        return Corpus(corpus.name, {**corpus.splits, **checked})

    def check_sizes(self, corpus: Corpus) -> None:
        labels = len(label_names(corpus.train.labels or []))
        for name, table in corpus.splits.items():
            if name in _SCORED:
                check_scored(len(table), labels, f"{table.source}: {name}")

    def check_folds(self, table: Table, folds: Sequence[LongArray]) -> None:
        for held_out in folds:
            rest = np.setdiff1d(np.arange(len(table)), held_out)
            names, others = (label_names(table.select(rows).labels or []) for rows in (held_out, rest))
            if names - others:
                raise DataError(
                    f"all rows with the label {min(names - others)!r} would be in one fold, and a model be tested on a "
                    "label that it was not trained on. Add such rows, or leave the label out.",
                    path=table.source,
                )

    def check_rows(self, model: Any, table: Table, options: ReadOptions | None = None) -> Table:
        if options is None:  # those of a run were checked before training
            return table
        return with_known_labels(table, set(model.labels_.names), options.bad_rows)

    def predict(self, model: Any, table: Table, train: Table | None = None) -> Predicted:
        check_scored(len(table), model.labels_.size, table.source)
        gold, logits = model.gold_of(table), model.logits(table)
        return Predicted(
            table=table,
            gold=gold,
            logits=logits,
            probabilities=probabilities_of(logits, model.labels_.kind, model.temperature_),
            labels=model.labels_.names,
            shown=model.shown(table),
            lengths=self.lengths(table),
        )

    def add_baselines(self, train: Table, predictions: Mapping[str, Predicted]) -> None:
        first = next(iter(predictions.values()))
        gold = LabelSet(first.labels, "str", first.kind).encode(train.labels or [])
        splits = {split: predicted.table for split, predicted in predictions.items()}
        constant = most_frequent_label(gold, len(first.labels), {split: len(table) for split, table in splits.items()})
        for baseline in (constant, *self.train_baselines(train, gold, len(first.labels), splits)):
            for split, probabilities in baseline.probabilities.items():
                predictions[split].baselines[baseline.name] = probabilities

    def score(self, predictions: Predicted) -> Evaluation:
        names, threshold = list(predictions.labels), predictions.threshold
        scores = classification_scores(predictions.gold, predictions.probabilities, names, threshold)
        return Evaluation(scores, predictions.table.ROWS)

    def score_baselines(self, predictions: Predicted) -> dict[str, dict[str, float]]:
        names = list(predictions.labels)
        return {
            name: {figure: scores[figure] for figure in _BASELINE_FIGURES}
            for name, probabilities in predictions.baselines.items()
            for scores in [classification_scores(predictions.gold, probabilities, names)]
        }

    def rows_of(self, predictions: Predicted, model: Any) -> Table:
        return predictions.table

    def take_baselines(self, predictions: Predicted, stored: Predicted) -> Predicted:
        return replace(predictions, baselines=stored.baselines)

    def can_join(self, models: Sequence[Any]) -> bool:
        return all(model.labels_ == models[0].labels_ for model in models)

    def join(self, parts: Sequence[Predicted]) -> Predicted:
        table = self._join_tables([one.table for one in parts])
        return Predicted(table=table, lengths=self.lengths(table), **stored.join_predicted(parts))

    def compare(self, first: Predicted, second: Predicted, names: tuple[str, str], split: str) -> RunComparison:
        return compare(first, second, names, split)

    def check_threshold(self, model: Any, threshold: float) -> None:
        arguments.check_has_threshold(threshold, model.labels_)

    def at_threshold(self, predictions: Predicted, threshold: float) -> Predicted:
        return replace(predictions, threshold=threshold)

    def suggest_thresholds(self, model: Any, predictions: Mapping[str, Predicted]) -> dict[str, Any] | None:
        return suggest_thresholds(predictions)

    def details(self, model: Any, predictions: Mapping[str, Predicted], facts: RunFacts) -> Details:
        return Details(make_details(self._report_input(model, predictions, facts)))

    def verdict(self, model: Any, predictions: Mapping[str, Predicted], facts: RunFacts) -> str:
        return verdict_sentence(self._report_input(model, predictions, facts))

    def write_report(self, folder: Path, model: Any, predictions: Mapping[str, Predicted], facts: RunFacts) -> str:
        found = write_report(folder, self._report_input(model, predictions, facts))
        return str(found["verdict"]["sentence"])

    def _report_input(self, model: Any, predictions: Mapping[str, Predicted], facts: RunFacts) -> ReportInput:
        return ReportInput(
            **vars(facts),
            kind=model.labels_.kind,
            labels=model.labels_.names,
            splits=dict(predictions),
            temperature=model.temperature_,
            threshold=next((one.threshold for one in predictions.values()), 0.5),
            row_names=self.row_names,
        )

    def write_predictions(self, folder: Path, split: str, predictions: Predicted) -> None:
        stored.write_predicted(folder / f"{split}.parquet", predictions, self.pack(predictions.table))

    def read_predictions(self, folder: Path, split: str, model: Any) -> Predicted:
        found = stored.read_predicted(folder / f"{split}.parquet", model.labels_, self.unpack)
        table = found["table"]
        return Predicted(**found, shown=model.shown(table), lengths=self.lengths(table))

    def records(self, predictions: Predicted) -> list[Record]:
        return stored.records_of(predictions)

    def has_predictions(self, folder: Path, split: str) -> bool:
        return (folder / f"{split}.parquet").is_file()

    def default_format(self, input: str | None, input_format: str | None) -> str:
        if input is None or (input == "-" and input_format is None):
            return "plain"
        kind = input_format or format_by_name(input, self.writers)
        return kind if kind in ("tsv", "jsonl") else "csv"

    def answer(self, model: Any, table: Table, answers: Any) -> Labelled:
        if answers.threshold != 0.5 and model.labels_.kind == "binary":
            note(f"The threshold of {answers.threshold:g} is for the label {model.labels_.names[1]!r}.")
        found = model.annotate(table, answers.threshold)
        return Labelled(
            given=[self.given(table, row) for row in range(len(table))],
            found=[_found(annotation, answers.top_k) for annotation in found],
            shown=[annotation.text for annotation in found],
            delimiter=table.delimiter or ",",
            separator=_separator(model),
            first_rank=_first_rank(model, answers.threshold),
        )

    # What the shape of rows decides.

    row_names: ClassVar[tuple[str, str]]

    @abstractmethod
    def read_files(self, path: Path | SplitFiles, options: ReadOptions) -> Corpus:
        """Read a corpus from a file or a folder."""

    @abstractmethod
    def train_baselines(
        self, train: Any, gold: AnyArray, classes: int, splits: Mapping[str, Any]
    ) -> Iterator[Baseline]:
        """Train one baseline after the other, and predict for each split."""

    @abstractmethod
    def pack(self, table: Any) -> dict[str, list[Any]]:
        """Return the columns that keep the rows."""

    @abstractmethod
    def unpack(
        self, rows: Mapping[str, list[Any]], labels: list[Any], columns: dict[str, list[Any]], source: str
    ) -> Table:
        """Return the table that `pack` packed."""

    @abstractmethod
    def given(self, table: Any, row: int) -> dict[str, Any]:
        """Return the columns of a row of the input."""

    def lengths(self, table: Any) -> tuple[str, list[int]] | None:
        """Return the unit and the length of each row, or `None` for texts."""
        return None

    def _join_tables(self, tables: Sequence[Table]) -> Table:
        """Return the rows of several tables as one, with the columns that all of them have."""
        packed = [self.pack(table) for table in tables]
        rows = {name: [value for one in packed for value in one[name]] for name in packed[0]}
        shared = [name for name in tables[0].columns if all(name in table.columns for table in tables)]
        columns = {name: [value for table in tables for value in table.columns[name]] for name in shared}
        labels = [label for table in tables for label in table.labels or []]
        return self.unpack(rows, labels, columns, tables[0].source)


def reading_as_trained(options: ReadOptions, recipe: Any) -> ReadOptions:
    """Return options that look first for the columns that the recipe's model was trained on."""
    columns = {name: value for name, value in recipe.columns.model_dump().items() if value is not None}
    separator, names = columns.pop("label_separator", None), columns.pop("label_names", ())
    separator, names = options.label_separator or separator, tuple(options.label_names) or tuple(names)
    return replace(options, usual=columns, label_separator=separator, label_names=names)


def _first_rank(model: Any, threshold: float) -> int:
    """Return 2 if the first label of a ranking is always the prediction."""
    return 2 if model.labels_.kind == "multiclass" or (model.labels_.kind == "binary" and threshold == 0.5) else 1


def _found(annotation: Annotation, top_k: int) -> dict[str, Any]:
    label = list(annotation.label) if isinstance(annotation.label, tuple) else annotation.label
    found: dict[str, Any] = {"prediction": label, "probability": round(annotation.probability, 6)}
    if top_k > 1:
        best = list(annotation.scores.items())[:top_k]
        found["ranking"] = [{"label": name, "probability": round(score, 6)} for name, score in best]
    return found


def _separator(model: Any) -> str:
    """Return the sign between several labels of a row: that of the training data, else the first that no label has."""
    signs = [getattr(model.recipe_.columns, "label_separator", None) or ",", *",;|\t"]
    return next((sign for sign in signs if not any(sign in name for name in model.labels_.names)), ",")
