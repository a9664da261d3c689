"""The protocol of a task: what runs and commands ask of it. They know no task by name."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Generic, NamedTuple, TypeVar

from syntagma.bundle import Contents
from syntagma.config import Config
from syntagma.data.options import ReadOptions
from syntagma.data.sources import SplitFiles
from syntagma.data.tables.table import Corpus, Table
from syntagma.evaluation.facts import RunFacts
from syntagma.evaluation.figures import Figure
from syntagma.recipes.schema import BaseRecipe
from syntagma.shapes import LongArray
from syntagma.tasks.estimator import Estimator
from syntagma.tasks.results import Scored, Shown
from syntagma.tasks.writing import Record, Writer

P = TypeVar("P")


# Columns that say how rows are split, which all tasks read.
SPLITTING = {
    "split": "Column that says train, dev or test.",
    "group": "Column whose equal values stay in one split or fold, such as that of the document.",
}


class Reads(NamedTuple):
    """Options for files that a task reads: help by role of a column, and names of other fields of `ReadOptions`."""

    columns: Mapping[str, str]
    settings: frozenset[str] = frozenset()


class Description(Shown):
    """What is in a corpus."""

    def findings(self) -> list[str]:
        """Return what a person should know, one line each."""
        raise NotImplementedError


class Task(ABC, Generic[P]):
    """One kind of learning: what it reads, how it is trained, judged and written.

    `P` is the record of predictions, with the right answers beside them.
    """

    name: ClassVar[str]
    recipe: ClassVar[type[BaseRecipe]]
    estimator: ClassVar[type[Estimator]]
    # Options for files with answers, and for files of `predict`.
    reads: ClassVar[Reads]
    reads_input: ClassVar[Reads]
    # Figures that are compared over runs; the first that a model has decides between runs.
    figures: ClassVar[tuple[Figure, ...]]
    # What may be asked at prediction, and the formats of the output; the first format is the default.
    answers: ClassVar[type[Config]]
    writers: ClassVar[Mapping[str, Writer]]

    # Models

    def new_model(self, recipe: BaseRecipe, seed: int) -> Estimator:
        """Return an unfitted model."""
        return self.estimator(recipe, seed=seed)

    def load_model(self, contents: Contents) -> Estimator:
        """Return a fitted model from what a bundle holds."""
        return self.estimator.from_contents(contents)

    # Reading

    @abstractmethod
    def recognises(self, path: Path) -> bool:
        """Return whether a path looks like data of this task and of no older one."""

    @abstractmethod
    def read(self, source: str | SplitFiles, options: ReadOptions, recipe: BaseRecipe | None) -> Corpus:
        """Read a corpus from a path, by name, or from the files of each split.

        The recipe remembers how the files of a training were read.
        """

    @abstractmethod
    def read_input(
        self, rows: Sequence[str] | None, path: str | None, format: str | None, options: ReadOptions, model: Any
    ) -> Table:
        """Read rows to predict for: given ones, or those of a file with its other columns.

        The path `-` is the standard input, and `format` is that of a file whose name does not tell.
        """

    def read_blocks(
        self,
        rows: Sequence[str] | None,
        path: str | None,
        format: str | None,
        options: ReadOptions,
        model: Any,
        most: int,
    ) -> Iterator[Table]:
        """Yield what `read_input` reads in blocks of about `most` rows, those of the standard input as they arrive."""
        yield self.read_input(rows, path, format, options, model)

    @abstractmethod
    def describe(self, corpus: Corpus) -> Any:
        """Return what is in a corpus: a `Description`."""

    def doubts(self, corpus: Corpus) -> list[str]:
        """Return what a person should know about the data before training, one line each."""
        findings: list[str] = self.describe(corpus).findings()
        return findings

    def remember(self, recipe: Any, corpus: Corpus, options: ReadOptions) -> Any:
        """Return the recipe with what other files need to be read alike."""
        return recipe

    def check_corpus(self, corpus: Corpus, options: ReadOptions) -> Corpus:
        """Refuse, or leave out, rows that a model of `train` could not be scored on: before training, not after."""
        return corpus

    def check_sizes(self, corpus: Corpus) -> None:
        """Refuse splits whose scores would not fit into the memory: before training, not after."""

    def check_folds(self, table: Table, folds: Sequence[LongArray]) -> None:
        """Refuse folds of which one holds all rows that another could learn something from."""

    def check_rows(self, model: Any, table: Table, options: ReadOptions | None = None) -> Table:
        """Return the rows that a model can be scored on, saying what it does not know.

        `options` says how other data was read; it is `None` for the rows of the model's own run.
        """
        return table

    # Predictions

    @abstractmethod
    def predict(self, model: Any, table: Table, train: Table | None = None) -> P:
        """Predict for rows with answers. This is the only forward pass of scores and reports.

        `train` holds the rows that the model was trained on, if what they hold is part of the report.
        """

    @abstractmethod
    def add_baselines(self, train: Table, predictions: Mapping[str, P]) -> None:
        """Train the baselines on the training rows, and add their predictions."""

    @abstractmethod
    def score(self, predictions: P) -> Scored:
        """Count how good predictions are."""

    @abstractmethod
    def score_baselines(self, predictions: P) -> dict[str, dict[str, float]]:
        """Return a few figures of each baseline."""

    @abstractmethod
    def rows_of(self, predictions: P, model: Any) -> Table:
        """Return the rows of predictions, to be predicted again."""

    @abstractmethod
    def take_baselines(self, predictions: P, stored: P) -> P:
        """Return predictions with the baselines of others for the same rows, and where the rows came from."""

    def can_join(self, models: Sequence[Any]) -> bool:
        """Return whether predictions of these models can be put together."""
        return True

    @abstractmethod
    def join(self, parts: Sequence[P]) -> P:
        """Return the rows of several predictions as one."""

    @abstractmethod
    def compare(self, first: P, second: P, names: tuple[str, str], split: str) -> Shown:
        """Compare two runs on the same rows.

        Raises:
            DataError: The rows are not the same.
        """

    def check_threshold(self, model: Any, threshold: float) -> None:
        """Refuse, before anything is predicted, a threshold that decides nothing for this model."""

    def at_threshold(self, predictions: P, threshold: float) -> P:
        """Return predictions as a threshold decides them, for a task whose `answers` have a `threshold`."""
        raise NotImplementedError

    def suggest_thresholds(self, model: Any, predictions: Mapping[str, P]) -> dict[str, Any] | None:
        """Return thresholds that dev chooses, and the scores of all splits with them, or `None` without any.

        The keys are `chosen_on`, `figure`, `threshold` and `splits`, with the figure `before` and `after` by split.
        """
        return None

    @abstractmethod
    def details(self, model: Any, predictions: Mapping[str, P], facts: RunFacts) -> Shown:
        """Return what is behind the scores of the last split: confusions, areas, suggested thresholds."""

    @abstractmethod
    def verdict(self, model: Any, predictions: Mapping[str, P], facts: RunFacts) -> str:
        """Return the report's sentence on model and baselines."""

    @abstractmethod
    def write_report(self, folder: Path, model: Any, predictions: Mapping[str, P], facts: RunFacts) -> str:
        """Write the report into a folder; return its sentence on model and baselines."""

    @abstractmethod
    def write_predictions(self, folder: Path, split: str, predictions: P) -> None:
        """Keep predictions in a folder."""

    @abstractmethod
    def read_predictions(self, folder: Path, split: str, model: Any) -> P:
        """Read what `write_predictions` kept.

        Raises:
            FolderError: There is nothing, or it was changed.
        """

    @abstractmethod
    def records(self, predictions: P) -> list[Record]:
        """Return predictions as the rows of a table to read: where each came from, gold, predicted, probability."""

    @abstractmethod
    def has_predictions(self, folder: Path, split: str) -> bool:
        """Return whether a folder keeps predictions for a split."""

    # Answers

    def default_format(self, input: str | None, input_format: str | None) -> str:
        """Return the output format if nobody asks for one and no file is named."""
        return next(iter(self.writers))

    def check_answers(self, model: Any, answers: Any, format: str) -> None:
        """Refuse, before anything is predicted, what this model or the format cannot give."""

    @abstractmethod
    def answer(self, model: Any, table: Table, answers: Any) -> Any:
        """Predict for new rows; the writers take the result."""
