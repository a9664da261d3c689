"""The interface that all tasks implement, and that runs and commands use."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Generic, NamedTuple, TypeVar

from syntagma.bundle import Contents
from syntagma.config import Config
from syntagma.data.options import ReadOptions
from syntagma.data.sources import SplitFiles
from syntagma.data.tables.table import Corpus, Table
from syntagma.errors import ConfigError
from syntagma.evaluation.facts import RunFacts
from syntagma.evaluation.figures import Metric
from syntagma.recipes.schema import BaseRecipe
from syntagma.shapes import LongArray
from syntagma.tasks.estimator import Estimator
from syntagma.tasks.results import BaseEvaluation, Displayable
from syntagma.tasks.writing import ExplanationPage, Record, Writer

P = TypeVar("P")


# Help texts of the columns that control how rows are split. All tasks read these columns.
SPLIT_COLUMNS = {
    "split": "Column with the name of each row's split: train, dev or test.",
    "group": "Column whose equal values stay in the same split or fold, such as the id of the document.",
}


class FileOptions(NamedTuple):
    """Options that apply to the files that a task reads.

    Attributes:
        columns: Help text of each column that can be chosen, keyed by the column's role, such as "text" or "label".
        settings: Names of the other fields of `ReadOptions` that apply.
    """

    columns: Mapping[str, str]
    settings: frozenset[str] = frozenset()


class Description(Displayable):
    """Description of a corpus: sizes, labels and possible problems."""

    def findings(self) -> list[str]:
        """Return one line of text for each possible problem with the corpus."""
        raise NotImplementedError


class Task(ABC, Generic[P]):
    """One kind of learning task: how its data is read, and how its models are trained, evaluated and stored.

    `P` is the type of the task's record of predictions: the predictions for a split together with the gold labels.

    Attributes:
        name: Name of the task in recipes and commands.
        recipe: Class of the task's recipes.
        estimator: Class of the task's models.
        file_options: Options for files of labelled rows.
        input_options: Options for files of rows to predict for.
        metrics: Scores that are compared between runs. The first score that a model has decides which run is better.
        prediction_config: Class of the settings for prediction, such as a threshold.
        writers: Output formats for predictions, keyed by name. The first format is the default.
        explanation: Class of the page that explains predictions, or `None` if the task has none.
    """

    name: ClassVar[str]
    recipe: ClassVar[type[BaseRecipe]]
    estimator: ClassVar[type[Estimator]]
    file_options: ClassVar[FileOptions]
    input_options: ClassVar[FileOptions]
    metrics: ClassVar[tuple[Metric, ...]]
    prediction_config: ClassVar[type[Config]]
    writers: ClassVar[Mapping[str, Writer]]
    explanation: ClassVar[type[ExplanationPage] | None] = None

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
        """Return whether the data at a path look like data for this task."""

    @abstractmethod
    def read(self, source: str | SplitFiles, options: ReadOptions, recipe: BaseRecipe | None) -> Corpus:
        """Read a corpus from a path, by name, or from the files of each split.

        Args:
            source: Path, name of a corpus, or files of each split.
            options: Columns and other options for reading.
            recipe: Recipe that stores how the training files were read, or `None`. `options` take precedence over it.
        """

    @abstractmethod
    def read_input(
        self, rows: Sequence[str] | None, path: str | None, format: str | None, options: ReadOptions, model: Any
    ) -> Table:
        """Read the rows to predict for.

        Args:
            rows: Rows to predict for, as strings, or `None` to read a file.
            path: File to read, or `None` to use `rows`. `-` is standard input. All columns of the file are read, so
                that they can be written next to the predictions.
            format: Format of the file, such as "csv". By default, it is inferred from the file name.
            options: Columns and other options for reading.
            model: Model that will make the predictions. By default, the columns that it was trained on are read.
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
        """Yield the rows to predict for in blocks, so that large files and endless streams can be processed.

        The default implementation yields all rows as one block. Implementations that yield several blocks process the
        rows of standard input as they arrive.

        Args:
            rows: Rows to predict for; see `read_input`.
            path: File to read; see `read_input`.
            format: Format of the file; see `read_input`.
            options: Columns and other options for reading.
            model: Model that will make the predictions; see `read_input`.
            most: Approximate maximum number of rows in a block.
        """
        yield self.read_input(rows, path, format, options, model)

    @abstractmethod
    def describe(self, corpus: Corpus) -> Any:
        """Return a `Description` of the corpus."""

    def data_warnings(self, corpus: Corpus) -> list[str]:
        """Return one line of text for each warning about the data that should be shown before training."""
        findings: list[str] = self.describe(corpus).findings()
        return findings

    def store_options(self, recipe: Any, corpus: Corpus, options: ReadOptions) -> Any:
        """Return the recipe with the columns and options of the training files, as defaults for reading other files.

        Args:
            recipe: Recipe of the model.
            corpus: Corpus that was read.
            options: Columns and other options that it was read with.
        """
        return recipe

    def check_corpus(self, corpus: Corpus, options: ReadOptions) -> Corpus:
        """Check, before training, that a model trained on the train split can be scored on the dev and test rows.

        Args:
            corpus: Corpus that a model will be trained on.
            options: Options that the corpus was read with.

        Returns:
            The corpus. If `options.bad_rows` is "skip", rows that cannot be scored are left out.

        Raises:
            DataError: If a row has a label that no training row has, and `options.bad_rows` is "error".
        """
        return corpus

    def check_sizes(self, corpus: Corpus) -> None:
        """Raise `DataError`, before training, if scoring a split would need too much memory."""

    def check_folds(self, table: Table, folds: Sequence[LongArray]) -> None:
        """Raise `DataError` if all rows with a certain label are in the same fold.

        The model that is scored on this fold is not trained on these rows, so it could not learn the label.

        Args:
            table: All rows.
            folds: Row numbers of each fold.
        """

    def check_rows(self, model: Any, table: Table, options: ReadOptions | None = None) -> Table:
        """Return the rows in a table on which a model can be scored.

        Args:
            model: Fitted model.
            table: Labelled rows.
            options: Options that the rows were read with, or `None` for the rows of the model's own run.

        Raises:
            DataError: If a row has a label that the model does not have, and `options.bad_rows` is "error".
        """
        return table

    # Predictions

    @abstractmethod
    def predict(self, model: Any, table: Table, train: Table | None = None) -> P:
        """Predict for labelled rows, and return the record from which scores and reports are computed.

        Args:
            model: Fitted model.
            table: Labelled rows.
            train: Training rows of the model, or `None`. Some reports use them, for example to find unseen spans.
        """

    @abstractmethod
    def add_baselines(self, train: Table, predictions: Mapping[str, P]) -> None:
        """Train the baselines on the training rows, and add their predictions to the record of each split."""

    @abstractmethod
    def score(self, predictions: P) -> BaseEvaluation:
        """Score predictions against their gold labels."""

    @abstractmethod
    def score_baselines(self, predictions: P) -> dict[str, dict[str, float]]:
        """Return the main scores of each baseline, as a nested dictionary keyed by baseline name and score name."""

    @abstractmethod
    def rebuild_table(self, predictions: P, model: Any) -> Table:
        """Return the rows of stored predictions as a table, so that a model can predict for them again."""

    @abstractmethod
    def copy_baselines(self, predictions: P, stored: P) -> P:
        """Return `predictions` with the baselines of `stored` predictions for the same rows.

        The positions of the rows in their files are copied too, unless the table of `predictions` already has them.
        """

    def can_join(self, models: Sequence[Any]) -> bool:
        """Return whether `join` can concatenate the predictions of these models."""
        return True

    @abstractmethod
    def join(self, parts: Sequence[P]) -> P:
        """Concatenate several records of predictions."""

    @abstractmethod
    def compare(self, first: P, second: P, names: tuple[str, str], split: str) -> Displayable:
        """Compare two runs, or two settings of one model, on the same rows.

        Args:
            first: Predictions of the first run.
            second: Predictions of the second run.
            names: Names of the two, such as the folders of runs.
            split: Name of the split that both runs were scored on, for messages.

        Raises:
            DataError: If the two runs have different rows or labels.
        """

    def check_evaluation(self, model: Any, config: Any) -> Any:
        """Check, before prediction, that the settings can change the scores of the model.

        Args:
            model: Fitted model.
            config: Settings for prediction, of the type `prediction_config`.

        Returns:
            The settings. Files that they name are read.

        Raises:
            ConfigError: If a setting has no effect on the scores.
        """
        return config

    @abstractmethod
    def change_predictions(self, model: Any, predictions: P, config: Any) -> P:
        """Return the predictions for the same rows with other settings, such as a threshold.

        Args:
            model: Fitted model, or `None` if it was trained on these rows.
            predictions: Predictions for a split, with the default settings of the model.
            config: Settings for prediction that `check_evaluation` has returned.

        Raises:
            ConfigError: If the predictions cannot be changed without a model.
        """

    def suggest_thresholds(self, model: Any, predictions: Mapping[str, P]) -> dict[str, Any] | None:
        """Choose the threshold with the best score on the dev split.

        Args:
            model: Fitted model.
            predictions: Predictions for each split, keyed by split name.

        Returns:
            Dictionary with `chosen_on` (name of the split), `figure` (name of the score), `threshold`, and `splits`,
            which maps the name of each split to its scores `before` and `after` the change of threshold. `None` if a
            threshold has no effect or there is no split to choose it on.
        """
        return None

    @abstractmethod
    def details(self, model: Any, predictions: Mapping[str, P], facts: RunFacts) -> Displayable:
        """Return detailed results for the last split, such as confusions, areas under curves and thresholds."""

    @abstractmethod
    def verdict(self, model: Any, predictions: Mapping[str, P], facts: RunFacts) -> str:
        """Return the sentence in the report that compares the model with the baselines."""

    @abstractmethod
    def write_report(self, folder: Path, model: Any, predictions: Mapping[str, P], facts: RunFacts) -> str:
        """Write the report to a folder, and return the sentence in it that compares the model with the baselines."""

    @abstractmethod
    def write_predictions(self, folder: Path, split: str, predictions: P) -> None:
        """Write the predictions for a split to a file in a folder."""

    @abstractmethod
    def read_predictions(self, folder: Path, split: str, model: Any) -> P:
        """Read the predictions that `write_predictions` wrote for a split.

        Raises:
            FolderError: If the file is missing or was modified.
        """

    @abstractmethod
    def records(self, predictions: P) -> list[Record]:
        """Return one record per row or word with its position in the file, gold value, prediction and probability."""

    @abstractmethod
    def has_predictions(self, folder: Path, split: str) -> bool:
        """Return whether a folder contains predictions for a split."""

    # Scores of given answers

    def score_answers(
        self, model: Any, pairs: Sequence[tuple[str, str]] | None, path: str | None, format: str | None, options: Any
    ) -> Iterator[Displayable]:
        """Yield the probability of each given answer, such as that of a translation.

        Args:
            model: Fitted model.
            pairs: Row and answer of each pair, or `None` to read a file.
            path: File to read, or `None` to use `pairs`.
            format: Format of the file, such as "csv". By default, it is inferred from the file name.
            options: Columns and other options for reading, as `ReadOptions`.

        Raises:
            ConfigError: If the task has no probabilities of answers.
            DataError: If the file cannot be read, or a row is empty.
        """
        raise ConfigError(f"score is for models that generate text; this model is for {self.name}. Use evaluate.")

    # Prediction for new rows

    def default_format(self, input: str | None, input_format: str | None) -> str:
        """Return the name of the output format to use when neither a format nor an output file is specified.

        Args:
            input: Path of the input file, "-" for standard input, or `None` if rows were passed directly.
            input_format: Format of the input file, or `None` if it was not specified.
        """
        return next(iter(self.writers))

    def check_prediction(self, model: Any, config: Any, format: str) -> Any:
        """Check, before prediction, that the model and the output format support the settings.

        Args:
            model: Fitted model.
            config: Settings for prediction, of the type `prediction_config`.
            format: Name of the output format.

        Returns:
            The settings. Files that they name are read, so that `predict_new` does not read them for each block.

        Raises:
            ConfigError: If the model or the format does not support a setting.
        """
        return config

    @abstractmethod
    def predict_new(self, model: Any, table: Table, config: Any) -> Any:
        """Predict for new rows, and return a record that the `writers` accept.

        Args:
            model: Fitted model.
            table: Rows to predict for. They do not need labels.
            config: Settings for prediction, of the type `prediction_config`.
        """
