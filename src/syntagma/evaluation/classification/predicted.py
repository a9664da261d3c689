"""What a report is made of: predictions of one model and its baselines, and how the model came to be."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from syntagma.errors import DataError
from syntagma.evaluation.classification.scores import decide
from syntagma.evaluation.facts import RunFacts
from syntagma.metrics.calibration import Task
from syntagma.shapes import AnyArray, BoolArray, FloatArray


@dataclass(frozen=True)
class ScoredSplit:
    """Rows with what they are, and with what a model and its baselines make of them.

    Attributes:
        texts: The texts as they were given.
        gold: Class indices (rows,), or 0/1 (rows, K) where a row may have several labels.
        probabilities: As the model gives them, (rows, K).
        uncalibrated: The same at temperature 1, (rows, K).
        columns: Other columns of the data, by name.
        baselines: Probabilities (rows, K) by baseline, a key of `baselines.NAMES`.
    """

    texts: list[str]
    gold: AnyArray
    probabilities: FloatArray
    uncalibrated: FloatArray
    columns: dict[str, list[Any]] = field(default_factory=dict)
    baselines: dict[str, FloatArray] = field(default_factory=dict)

    @property
    def multilabel(self) -> bool:
        """Whether a row may have several labels."""
        return self.gold.ndim == 2

    def __len__(self) -> int:
        return len(self.texts)


@dataclass(frozen=True, kw_only=True)
class ReportInput(RunFacts):
    """All that a report shows, before anything is counted.

    Attributes:
        task: "binary", "multiclass" or "multilabel".
        labels: K names; the second of two is the positive one.
        splits: By name ("dev", "test"), as far as they exist; the last is the one reported in detail.
        temperature: What logits are divided by; fitted on dev, 1 where there is none.
        threshold: A label of several, or the second of two, is given from this probability on.

    Raises:
        DataError: Shapes do not fit each other, or a probability is no number.
    """

    task: Task
    labels: tuple[str, ...]
    splits: dict[str, ScoredSplit]
    temperature: float
    threshold: float = 0.5

    def __post_init__(self) -> None:
        for name, split in self.splits.items():
            _check(name, split, len(self.labels), several=self.task == "multilabel")

    @property
    def reported(self) -> str | None:
        """Name of the split that is reported in detail, if there is one with rows."""
        names = [name for name, split in self.splits.items() if len(split)]
        return names[-1] if names else None

    def decided(self, split: ScoredSplit, probabilities: FloatArray | None = None) -> AnyArray:
        """Decisions of the model, or those that other probabilities lead to; of the shape of `split.gold`."""
        chosen = split.probabilities if probabilities is None else probabilities
        return decide(chosen, split.multilabel, self.threshold)

    def correct(self, split: ScoredSplit) -> BoolArray:
        """Rows with everything right, (rows,)."""
        same: BoolArray = self.decided(split) == split.gold
        return np.all(same, axis=tuple(range(1, same.ndim)))


def _check(name: str, split: ScoredSplit, classes: int, several: bool) -> None:
    rows = len(split)
    for what, array in _arrays(split):
        if array.shape != (rows, classes):
            raise DataError(
                f"`ScoredSplit` {name!r} needs {what} of shape (rows, K) = ({rows}, {classes}); got {array.shape}. "
                "Check that the texts and labels are those the predictions were made of."
            )
        if not np.isfinite(array).all():
            raise DataError(
                f"`ScoredSplit` {name!r} needs {what} that are numbers; {int((~np.isfinite(array)).any(axis=1).sum())} "
                "rows have others. The training may have diverged: try a smaller learning rate."
            )
    if split.gold.shape != ((rows, classes) if several else (rows,)):
        wanted = f"(rows, K) = ({rows}, {classes})" if several else f"(rows,) = ({rows},)"
        raise DataError(f"`ScoredSplit` {name!r} needs gold of shape {wanted}; got {split.gold.shape}. Check the task.")
    for column, values in split.columns.items():
        if len(values) != rows:
            raise DataError(
                f"`ScoredSplit` {name!r} needs a value of column {column!r} for each of {rows} rows; got {len(values)}."
            )


def _arrays(split: ScoredSplit) -> list[tuple[str, FloatArray]]:
    model = [("probabilities", split.probabilities), ("uncalibrated probabilities", split.uncalibrated)]
    return model + [(f"probabilities of {name}", array) for name, array in split.baselines.items()]
