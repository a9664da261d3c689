"""What a report is made of: predictions of one model and its baselines, and how the model came to be."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from syntagma.data.tables.table import Table
from syntagma.errors import DataError
from syntagma.evaluation.classification.scores import decide
from syntagma.evaluation.facts import RunFacts
from syntagma.metrics.calibration import probabilities_of
from syntagma.shapes import AnyArray, BoolArray, FloatArray, LabelKind


@dataclass(frozen=True)
class Predicted:
    """Rows with their labels, and with what a model and its baselines predict for them.

    Attributes:
        table: The rows.
        gold: Class indices (rows,), or 0/1 (rows, K) if a row may have several labels.
        logits: Logits of the model before any temperature, (rows, K), or (rows, 1) for two classes.
        probabilities: Probabilities that the model gives, (rows, K).
        labels: K names; the second of two is the positive one.
        shown: How each row is shown to a person.
        lengths: Unit and length of each row, if it is not a text.
        baselines: Probabilities (rows, K) by baseline.
        threshold: Probability from which a label of several, or the second of two, is given.
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
        """What the labels are."""
        return "multilabel" if self.multilabel else "binary" if len(self.labels) == 2 else "multiclass"

    @property
    def multilabel(self) -> bool:
        """Whether a row may have several labels."""
        return self.gold.ndim == 2

    @property
    def uncalibrated(self) -> FloatArray:
        """Probabilities at temperature 1, (rows, K)."""
        return probabilities_of(self.logits, self.kind)

    def decided_names(self) -> list[Any]:
        """Return the label that is predicted for each row, or a list of labels if there may be several."""
        decided = decide(self.probabilities, self.multilabel, self.threshold)
        if self.multilabel:
            return [[self.labels[k] for k in np.flatnonzero(row)] for row in decided]
        return [self.labels[int(k)] for k in decided]

    def __len__(self) -> int:
        return len(self.table)


@dataclass(frozen=True, kw_only=True)
class ReportInput(RunFacts):
    """All that a report shows, before anything is counted.

    Attributes:
        kind: What the labels are.
        labels: K names; the second of two is the positive one.
        splits: By name ("dev", "test"), as far as they exist; the last is the one reported in detail.
        temperature: What logits are divided by; fitted on dev, 1 where there is none.
        threshold: A label of several, or the second of two, is given from this probability on.
        row_names: Name of a row, and of rows.

    Raises:
        DataError: Shapes do not fit each other, or a probability is no number.
    """

    kind: LabelKind
    labels: tuple[str, ...]
    splits: dict[str, Predicted]
    temperature: float
    threshold: float = 0.5
    row_names: tuple[str, str] = ("text", "texts")

    def __post_init__(self) -> None:
        for name, split in self.splits.items():
            _check(name, split, len(self.labels), several=self.kind == "multilabel")

    @property
    def reported(self) -> str | None:
        """Name of the split that is reported in detail, if there is one with rows."""
        names = [name for name, split in self.splits.items() if len(split)]
        return names[-1] if names else None

    def decided(self, split: Predicted, probabilities: FloatArray | None = None) -> AnyArray:
        """Decisions of the model, or those that other probabilities lead to; of the shape of `split.gold`."""
        chosen = split.probabilities if probabilities is None else probabilities
        return decide(chosen, split.multilabel, self.threshold)

    def correct(self, split: Predicted) -> BoolArray:
        """Rows with everything right, (rows,)."""
        same: BoolArray = self.decided(split) == split.gold
        return np.all(same, axis=tuple(range(1, same.ndim)))


def _check(name: str, split: Predicted, classes: int, several: bool) -> None:
    rows = len(split)
    if split.gold.shape != ((rows, classes) if several else (rows,)):
        wanted = f"(rows, K) = ({rows}, {classes})" if several else f"(rows,) = ({rows},)"
        raise DataError(f"`Predicted` {name!r} needs gold of shape {wanted}; got {split.gold.shape}. Check the task.")
    for what, count in (("shown", len(split.shown)), ("lengths", len(split.lengths[1]) if split.lengths else rows)):
        if count != rows:
            raise DataError(f"`Predicted` {name!r} needs `{what}` of {rows} rows; got {count}.")
    for what, array in _arrays(split):
        if array.shape != (rows, classes):
            raise DataError(
                f"`Predicted` {name!r} needs {what} of shape (rows, K) = ({rows}, {classes}); got {array.shape}. "
                "Check that the rows and labels are those the predictions were made of."
            )
        if not np.isfinite(array).all():
            raise DataError(
                f"`Predicted` {name!r} needs {what} that are numbers; {int((~np.isfinite(array)).any(axis=1).sum())} "
                "rows have others. The training may have diverged: try a smaller learning rate."
            )


def _arrays(split: Predicted) -> list[tuple[str, FloatArray]]:
    model = [("probabilities", split.probabilities), ("uncalibrated probabilities", split.uncalibrated)]
    return model + [(f"probabilities of {name}", array) for name, array in split.baselines.items()]
