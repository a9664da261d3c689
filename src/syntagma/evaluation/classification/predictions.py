"""Input of a classifier's report: gold labels, predictions of the model and its baselines, and run information."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from syntagma.data.tables.table import Table
from syntagma.errors import DataError
from syntagma.evaluation.classification.scores import decide
from syntagma.evaluation.facts import RunFacts
from syntagma.metrics.calibration import compute_probabilities
from syntagma.shapes import AnyArray, BoolArray, FloatArray, LabelKind


@dataclass(frozen=True)
class Predictions:
    """A split with gold labels and the predictions of a model and its baselines.

    Attributes:
        table: Rows of the split.
        gold: Gold labels: class indices of shape (rows,), or 0/1 of shape (rows, K) for multilabel data.
        logits: Logits of the model before temperature scaling, of shape (rows, K), or (rows, 1) for two classes.
        probabilities: Probabilities predicted by the model, of shape (rows, K).
        labels: Names of the K labels. If there are two, the second is the positive class.
        shown: Text that represents each row in a report.
        lengths: Unit of length, and length of each row. By default, lengths are computed from the texts in `shown`.
        baselines: Probabilities predicted by each baseline, of shape (rows, K), keyed by baseline name.
        threshold: Minimum probability for predicting the positive class, or a label of multilabel data.
    """

    table: Table
    gold: AnyArray
    logits: FloatArray
    probabilities: FloatArray
    labels: tuple[str, ...]
    shown: list[str]
    lengths: tuple[str, list[int]] | None = None
    baselines: dict[str, FloatArray] = field(default_factory=dict)
    threshold: float = 0.5

    @property
    def kind(self) -> LabelKind:
        """Kind of classification: "binary", "multiclass" or "multilabel"."""
        return "multilabel" if self.multilabel else "binary" if len(self.labels) == 2 else "multiclass"

    @property
    def multilabel(self) -> bool:
        """Whether a row can have any number of labels, instead of exactly one."""
        return self.gold.ndim == 2

    @property
    def uncalibrated(self) -> FloatArray:
        """Probabilities of the model without temperature scaling, as an array of shape (rows, K)."""
        return compute_probabilities(self.logits, self.kind)

    def predicted_names(self) -> list[Any]:
        """Return the predicted label of each row. For multilabel data, return a list of labels per row."""
        predicted = decide(self.probabilities, self.multilabel, self.threshold)
        if self.multilabel:
            return [[self.labels[k] for k in np.flatnonzero(row)] for row in predicted]
        return [self.labels[int(k)] for k in predicted]

    def __len__(self) -> int:
        return len(self.table)


@dataclass(frozen=True, kw_only=True)
class ReportInput(RunFacts):
    """The complete input from which a classifier's report is computed.

    Attributes:
        kind: Kind of classification: "binary", "multiclass" or "multilabel".
        labels: Names of the K labels. If there are two, the second is the positive class.
        splits: Existing splits by name ("dev", "test"). The last split with rows is reported in detail.
        temperature: Temperature by which logits are divided. It is fitted on dev, or 1 if there is no dev split.
        threshold: Minimum probability for predicting the positive class, or a label of multilabel data.
        row_names: Name of a row in the report, in singular and plural, such as ("text", "texts").

    Raises:
        DataError: If the shapes of arrays do not match, or probabilities are not finite.
    """

    kind: LabelKind
    labels: tuple[str, ...]
    splits: dict[str, Predictions]
    temperature: float
    threshold: float = 0.5
    row_names: tuple[str, str] = ("text", "texts")

    def __post_init__(self) -> None:
        for name, split in self.splits.items():
            _check(name, split, len(self.labels), several=self.kind == "multilabel")

    @property
    def reported(self) -> str | None:
        """Name of the split that is reported in detail, or `None` if no split has rows."""
        names = [name for name, split in self.splits.items() if len(split)]
        return names[-1] if names else None

    def predict(self, split: Predictions, probabilities: FloatArray | None = None) -> AnyArray:
        """Return the predicted labels as an array with the shape of `split.gold`.

        Args:
            split: Rows with the model's probabilities.
            probabilities: Probabilities to use instead, such as those of a baseline, of shape (rows, K).
        """
        chosen = split.probabilities if probabilities is None else probabilities
        return decide(chosen, split.multilabel, self.threshold)

    def is_correct(self, split: Predictions) -> BoolArray:
        """Return whether each row is predicted correctly, as a boolean array of shape (rows,).

        For multilabel data, all labels of the row must be predicted correctly.
        """
        same: BoolArray = self.predict(split) == split.gold
        return np.all(same, axis=tuple(range(1, same.ndim)))


def _check(name: str, split: Predictions, classes: int, several: bool) -> None:
    rows = len(split)
    if split.gold.shape != ((rows, classes) if several else (rows,)):
        wanted = f"(rows, K) = ({rows}, {classes})" if several else f"(rows,) = ({rows},)"
        raise DataError(f"`Predictions` {name!r} needs gold of shape {wanted}; got {split.gold.shape}. Check the task.")
    for what, count in (("shown", len(split.shown)), ("lengths", len(split.lengths[1]) if split.lengths else rows)):
        if count != rows:
            raise DataError(f"`Predictions` {name!r} needs `{what}` for {rows} rows; got {count}.")
    for what, array in _arrays(split):
        if array.shape != (rows, classes):
            raise DataError(
                f"`Predictions` {name!r} needs {what} of shape (rows, K) = ({rows}, {classes}); got {array.shape}. "
                "Check that the predictions belong to these rows and labels."
            )
        if not np.isfinite(array).all():
            raise DataError(
                f"`Predictions` {name!r} needs finite {what}; {int((~np.isfinite(array)).any(axis=1).sum())} rows have "
                "NaN or infinity. Training may have diverged: try a smaller learning rate."
            )


def _arrays(split: Predictions) -> list[tuple[str, FloatArray]]:
    model = [("probabilities", split.probabilities), ("uncalibrated probabilities", split.uncalibrated)]
    return model + [(f"probabilities of {name}", array) for name, array in split.baselines.items()]
