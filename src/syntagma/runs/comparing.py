"""Two runs on the same test rows: is one better?"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from syntagma.errors import DataError
from syntagma.evaluation.classification.scores import decide
from syntagma.evaluation.tagging.figures import compare_tags
from syntagma.metrics.significance import Comparison, bootstrap, macro_f1, mcnemar, paired_bootstrap
from syntagma.runs.folder import RunFolder
from syntagma.tasks.classification.classifier import TextClassifier
from syntagma.tasks.classification.stored import Predictions, read_predictions
from syntagma.tasks.loading import load
from syntagma.tasks.tagging.stored import read_tagged_predictions
from syntagma.tasks.tagging.tagger import SequenceTagger

_ALPHA = 0.05


@dataclass(frozen=True)
class RunComparison:
    """What two runs differ in.

    Attributes:
        names: Of the two folders.
        rows: Number of rows that both were scored on.
        accuracy: McNemar's test.
        macro_f1: Paired bootstrap.
        first_accuracy: Of the first run.
        first_macro_f1: Of the first run.
    """

    names: tuple[str, str]
    rows: int
    accuracy: Comparison
    macro_f1: Comparison
    first_accuracy: float
    first_macro_f1: float

    def to_text(self) -> str:
        """Two figures with their tests, and a sentence."""
        lines = [f"{self.rows:,} rows, {self.names[0]} against {self.names[1]}"]
        for name, first, found in (
            ("accuracy", self.first_accuracy, self.accuracy),
            ("macro F1", self.first_macro_f1, self.macro_f1),
        ):
            gap = found.difference
            lines.append(
                f"{name}  {first:.4f} against {first - gap.value:.4f}: {gap.value:+.4f} "
                f"(95 % interval {gap.low:+.4f} to {gap.high:+.4f}), p = {found.p_value:.3g} ({found.test})"
            )
        lines.append(
            f"right in one only: {self.accuracy.first_only:,} against {self.accuracy.second_only:,} rows, odds ratio "
            f"{self.accuracy.odds_ratio:.2f}"
        )
        return "\n".join([*lines, self.sentence()])

    def sentence(self) -> str:
        """What the test on accuracy says."""
        if self.accuracy.p_value >= _ALPHA:
            return "No difference in accuracy that this test can show."
        better = self.names[0] if self.accuracy.difference.value > 0 else self.names[1]
        return f"{better} is better in accuracy."

    def to_dict(self) -> dict[str, object]:
        """Plain values, ready for JSON."""
        return {
            "runs": list(self.names),
            "rows": self.rows,
            "accuracy": {"first": self.first_accuracy, **_plain(self.accuracy)},
            "macro_f1": {"first": self.first_macro_f1, **_plain(self.macro_f1)},
            "sentence": self.sentence(),
        }


@dataclass(frozen=True)
class TagComparison:
    """What two taggers differ in.

    Attributes:
        names: Of the two folders.
        rows: Number of sentences that both were scored on.
        found: As `syntagma.evaluation.tagging.figures.compare_tags` gives it.
    """

    names: tuple[str, str]
    rows: int
    found: dict[str, Any]

    def to_text(self) -> str:
        """The figure with its test, and a sentence."""
        gap, first = self.found["difference"], self.found["first"]
        return (
            f"{self.rows:,} sentences, {self.names[0]} against {self.names[1]}\n"
            f"{self._figure()}  {first:.4f} against {first - gap['value']:.4f}: {gap['value']:+.4f} (95 % interval "
            f"{gap['low']:+.4f} to {gap['high']:+.4f}), p = {self.found['p_value']:.3g} ({self.found['test']})\n"
            + self.sentence()
        )

    def sentence(self) -> str:
        """What the test says."""
        if self.found["p_value"] >= _ALPHA:
            return f"No difference in {self._figure()} that this test can show."
        better = self.names[0] if self.found["difference"]["value"] > 0 else self.names[1]
        return f"{better} is better in {self._figure()}."

    def to_dict(self) -> dict[str, object]:
        """Plain values, ready for JSON."""
        return {"runs": list(self.names), "rows": self.rows, **self.found, "sentence": self.sentence()}

    def _figure(self) -> str:
        return "span F1" if self.found["figure"] == "span_f1" else "accuracy"


def compare(first: Path, second: Path, split: str = "test") -> RunComparison | TagComparison:
    """Compares two runs by their stored predictions.

    Raises:
        FolderError: A folder is no run, or lacks the split.
        DataError: The runs were scored on other rows or with other labels, or are for different tasks.
    """
    models = []
    for path in (first, second):
        RunFolder(path).read()
        models.append(load(path))
    taggers = [model for model in models if isinstance(model, SequenceTagger)]
    if len(taggers) == 2:
        return _compare_taggers(first, second, split, spans=all(model.labels_.kinds for model in taggers))
    if taggers:
        raise DataError(f"{first} and {second} are for different tasks; they cannot be compared.")
    return _compare_classifiers(first, second, split, models)


def _compare_taggers(first: Path, second: Path, split: str, *, spans: bool) -> TagComparison:
    one, other = (read_tagged_predictions(RunFolder(path).predictions / f"{split}.jsonl") for path in (first, second))
    if one.words != other.words or one.gold != other.gold:
        raise DataError(
            f"{first} and {second} were not scored on the same {split} sentences and tags. Train both on the same "
            "data, split alike."
        )
    names = (str(first), str(second))
    return TagComparison(names, len(one), compare_tags(one.gold, one.found, other.found, spans=spans))


def _compare_classifiers(first: Path, second: Path, split: str, models: Sequence[Any]) -> RunComparison:
    one, other = (_predictions(path, split, model) for path, model in zip((first, second), models, strict=True))
    if one[1] != other[1]:
        raise DataError(f"{first} and {second} have different labels; they cannot be compared.")
    if one[0].table.texts != other[0].table.texts or not np.array_equal(one[0].gold, other[0].gold):
        raise DataError(
            f"{first} and {second} were not scored on the same {split} rows. Train both on the same data, split alike."
        )
    gold, classes = one[0].gold, len(one[1])
    decided = decide(one[0].probabilities, gold.ndim == 2)
    decided_by_other = decide(other[0].probabilities, gold.ndim == 2)
    by_accuracy = mcnemar(gold, decided, decided_by_other, classes)
    by_f1 = paired_bootstrap(gold, decided, decided_by_other, classes)
    return RunComparison(
        names=(str(first), str(second)),
        rows=len(gold),
        accuracy=by_accuracy,
        macro_f1=by_f1,
        first_accuracy=bootstrap(gold, decided, classes, samples=1).value,
        first_macro_f1=bootstrap(gold, decided, classes, macro_f1, samples=1).value,
    )


def _predictions(path: Path, split: str, model: TextClassifier) -> tuple[Predictions, tuple[str, ...]]:
    labels = model.labels_
    return read_predictions(RunFolder(path).predictions / f"{split}.parquet", labels), labels.names


def _plain(found: Comparison) -> dict[str, object]:
    return {
        "difference": found.difference.value,
        "interval": [found.difference.low, found.difference.high],
        "p_value": found.p_value,
        "test": found.test,
        "first_only": found.first_only,
        "second_only": found.second_only,
    }
