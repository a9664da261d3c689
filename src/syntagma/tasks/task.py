"""The interface of a task. Runs and commands use tasks through this interface only."""

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
from syntagma.evaluation.figures import Metric
from syntagma.recipes.schema import BaseRecipe
from syntagma.shapes import LongArray
from syntagma.tasks.estimator import Estimator
from syntagma.tasks.results import BaseEvaluation, Displayable
from syntagma.tasks.writing import Record, Writer

P = TypeVar("P")


# Columns that control how rows are split, which all tasks read, with their help texts.
SPLIT_COLUMNS = {
    "split": "Column with the name of each row's split: train, dev or test.",
    "group": "Column whose equal values stay in the same split or fold, such as the id of the document.",
}


class FileOptions(NamedTuple):
    """Options for the files that a task reads.

    Attributes:
        columns: Help text by role of a column, such as "text" or "label".
        settings: Names of the other fields of `ReadOptions` that apply to the task.
    """

    columns: Mapping[str, str]
    settings: frozenset[str] = frozenset()


class Description(Displayable):
    """Description of a corpus: sizes, labels and possible problems."""

    def findings(self) -> list[str]:
        """Return the possible problems of the corpus, one line each."""
        raise NotImplementedError


class Task(ABC, Generic[P]):
    """One kind of learning task: how its data are read, and how its models are trained, evaluated and stored.

    `P` is the type of a record that holds the predictions for a split together with the gold labels.

    Attributes:
        name: Name of the task, as recipes and commands spell it.
        recipe: Class of the recipes.
        estimator: Class of the models.
        file_options: Options for files with gold labels.
        input_options: Options for files to predict for.
        metrics: Scores that are compared between runs. The first score that a model has decides which run is better.
        prediction_config: Class of the settings of a prediction, such as a threshold.
        writers: Output formats of predictions by name. The first is the default.
    """

    name: ClassVar[str]
    recipe: ClassVar[type[BaseRecipe]]
    estimator: ClassVar[type[Estimator]]
    file_options: ClassVar[FileOptions]
    input_options: ClassVar[FileOptions]
    metrics: ClassVar[tuple[Metric, ...]]
    prediction_config: ClassVar[type[Config]]
    writers: ClassVar[Mapping[str, Writer]]

    # Models

    def new_model(self, recipe: BaseRecipe, seed: int) -> Estimator:
        """Return an unfitted model."""
        return self.estimator(recipe, seed=seed)

    def load_model(self, contents: Contents) -> Estimator:
        """Return the fitted model that is stored in a bundle."""
        return self.estimator.from_contents(contents)

    # Reading

    @abstractmethod
    def recognises(self, path: Path) -> bool:
        """Return whether a path looks like data of this task rather than of a task listed before it."""

    @abstractmethod
    def read(self, source: str | SplitFiles, options: ReadOptions, recipe: BaseRecipe | None) -> Corpus:
        """Read a corpus from a path, by name, or from the files of each split.

        Args:
            source: Path, name of a corpus, or files by split.
            options: Columns and other options for reading.
            recipe: Recipe that stores how the training files were read, which `options` override; `None` without one.
        """

    @abstractmethod
    def read_input(
        self, rows: Sequence[str] | None, path: str | None, format: str | None, options: ReadOptions, model: Any
    ) -> Table:
        """Read the rows to predict for.

        Args:
            rows: Rows themselves, or `None` to read a file.
            path: File to read, including its other columns; `-` is standard input.
            format: Format of the file, such as "csv"; `None` to infer it from the name.
            options: Columns and other options for reading.
            model: Model that will predict. Columns default to the columns that it was trained on.
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
        """Yield the rows of `read_input` in blocks of about `most` rows; from standard input, as they arrive."""
        yield self.read_input(rows, path, format, options, model)

    @abstractmethod
    def describe(self, corpus: Corpus) -> Any:
        """Return a `Description` of the corpus."""

    def data_warnings(self, corpus: Corpus) -> list[str]:
        """Return warnings about the data to show before training, one line each."""
        findings: list[str] = self.describe(corpus).findings()
        return findings

    def store_options(self, recipe: Any, corpus: Corpus, options: ReadOptions) -> Any:
        """Return the recipe with the columns and options that other files are read with by default."""
        return recipe

    def check_corpus(self, corpus: Corpus, options: ReadOptions) -> Corpus:
        """Check, before training, that a model of `train` can be scored on the dev and test rows.

        Returns:
            The corpus, without the rows that cannot be scored if `options.bad_rows` is "skip".

        Raises:
            DataError: If a row has a label that `train` lacks, and `options.bad_rows` is "error".
        """
        return corpus

    def check_sizes(self, corpus: Corpus) -> None:
        """Raise `DataError`, before training, if the scores of a split would not fit into memory."""

    def check_folds(self, table: Table, folds: Sequence[LongArray]) -> None:
        """Raise `DataError` if a fold holds all rows of a label, which the other folds could then not be trained on."""

    def check_rows(self, model: Any, table: Table, options: ReadOptions | None = None) -> Table:
        """Return the rows that a model can be scored on.

        Args:
            model: Fitted model.
            table: Labelled rows.
            options: Options that the rows were read with; `None` for rows of the model's own run.

        Raises:
            DataError: If a row has a label that the model does not have, and `options.bad_rows` is "error".
        """
        return table

    # Predictions

    @abstractmethod
    def predict(self, model: Any, table: Table, train: Table | None = None) -> P:
        """Predict for labelled rows. Scores and reports are all computed from the returned record.

        Args:
            model: Fitted model.
            table: Labelled rows.
            train: Training rows of the model, if the report needs them, for example to find unseen words.
        """

    @abstractmethod
    def add_baselines(self, train: Table, predictions: Mapping[str, P]) -> None:
        """Train the baselines on the training rows, and add their predictions to the record of each split."""

    @abstractmethod
    def score(self, predictions: P) -> BaseEvaluation:
        """Return the scores of predictions."""

    @abstractmethod
    def score_baselines(self, predictions: P) -> dict[str, dict[str, float]]:
        """Return the main scores of each baseline, by name of the baseline and of the score."""

    @abstractmethod
    def rebuild_table(self, predictions: P, model: Any) -> Table:
        """Return the rows of stored predictions as a table, to predict for them again."""

    @abstractmethod
    def copy_baselines(self, predictions: P, stored: P) -> P:
        """Return `predictions` with the baselines, and the places in files, of `stored` ones for the same rows."""

    def can_join(self, models: Sequence[Any]) -> bool:
        """Return whether the predictions of these models can be joined."""
        return True

    @abstractmethod
    def join(self, parts: Sequence[P]) -> P:
        """Return several records of predictions as one, with the rows of all."""

    @abstractmethod
    def compare(self, first: P, second: P, names: tuple[str, str], split: str) -> Displayable:
        """Compare two runs on the same rows.

        Args:
            first: Predictions of the first run.
            second: Predictions of the second run.
            names: Folders of the two runs.
            split: Name of the split, for messages.

        Raises:
            DataError: If the rows or the labels of the two runs differ.
        """

    def check_threshold(self, model: Any, threshold: float) -> None:
        """Raise `ConfigError`, before prediction, if a threshold would have no effect on the model's decisions."""

    def apply_threshold(self, predictions: P, threshold: float) -> P:
        """Return predictions that are decided by another threshold, if `prediction_config` has a `threshold`."""
        raise NotImplementedError

    def suggest_thresholds(self, model: Any, predictions: Mapping[str, P]) -> dict[str, Any] | None:
        """Return thresholds chosen on the dev split, with the scores of all splits, or `None` if there are none.

        The keys are `chosen_on` (name of a split), `figure` (name of a score), `threshold`, and `splits`, which has the
        score `before` and `after` by name of the split.
        """
        return None

    @abstractmethod
    def details(self, model: Any, predictions: Mapping[str, P], facts: RunFacts) -> Displayable:
        """Return detailed results for the last split: confusions, areas under curves, suggested thresholds."""

    @abstractmethod
    def verdict(self, model: Any, predictions: Mapping[str, P], facts: RunFacts) -> str:
        """Return the report's sentence that compares the model with the baselines."""

    @abstractmethod
    def write_report(self, folder: Path, model: Any, predictions: Mapping[str, P], facts: RunFacts) -> str:
        """Write the report into a folder, and return its sentence that compares the model with the baselines."""

    @abstractmethod
    def write_predictions(self, folder: Path, split: str, predictions: P) -> None:
        """Write the predictions for a split into a folder."""

    @abstractmethod
    def read_predictions(self, folder: Path, split: str, model: Any) -> P:
        """Read the predictions that `write_predictions` wrote.

        Raises:
            FolderError: If the file is missing or was modified.
        """

    @abstractmethod
    def records(self, predictions: P) -> list[Record]:
        """Return predictions as the rows of a table: place in the file, gold, predicted and probability of each."""

    @abstractmethod
    def has_predictions(self, folder: Path, split: str) -> bool:
        """Return whether a folder has predictions for a split."""

    # Prediction for new rows

    def default_format(self, input: str | None, input_format: str | None) -> str:
        """Return the output format that is used if the user names neither a format nor an output file."""
        return next(iter(self.writers))

    def check_prediction(self, model: Any, config: Any, format: str) -> None:
        """Raise `ConfigError`, before prediction, for settings that the model or the output format cannot satisfy."""

    @abstractmethod
    def predict_new(self, model: Any, table: Table, config: Any) -> Any:
        """Predict for new rows, and return a record that the `writers` accept.

        Args:
            model: Fitted model.
            table: Rows, without labels.
            config: Settings of the type `prediction_config`.
        """
