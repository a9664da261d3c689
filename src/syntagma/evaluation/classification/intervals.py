"""Scores of a split with their 95 % intervals, as plain values."""

from dataclasses import asdict
from typing import Any

import numpy as np

from syntagma.evaluation.classification.predicted import Predicted, ReportInput
from syntagma.evaluation.classification.scores import classification_scores
from syntagma.evaluation.figures import share_interval
from syntagma.metrics.significance import Counts, Statistic, accuracy, bootstrap, macro_f1
from syntagma.shapes import AnyArray, FloatArray

# Beyond so many cells of rows and labels, half as many draws: the bounds move in the third digit.
_MANY_CELLS = 100_000


def micro_f1(counts: Counts) -> AnyArray:
    """F1 of all decisions about all labels together, (samples,)."""
    total = counts.decided.sum(axis=1) + counts.gold.sum(axis=1)
    figure: AnyArray = 2 * counts.hits.sum(axis=1) / np.maximum(total, 1)
    return figure


def samples_for(gold: AnyArray) -> int:
    """How many draws a bootstrap over these rows takes."""
    return 1000 if gold.ndim == 2 and gold.size > _MANY_CELLS else 2000


def split_scores(given: ReportInput, split: Predicted, probabilities: FloatArray | None = None) -> dict[str, Any]:
    """Return rows, and, if there are any, accuracy, F1, log loss and labels that are never predicted.

    Accuracy and F1 are dicts of `value`, `low`, `high` and `method`.
    """
    if not len(split):
        return {"rows": 0}
    if probabilities is None:
        probabilities = split.probabilities
    figures = classification_scores(split.gold, probabilities, given.labels, given.threshold)
    decided = given.decided(split, probabilities)
    statistics: dict[str, Statistic] = {"accuracy": accuracy, "macro_f1": macro_f1}
    if split.multilabel:
        statistics["micro_f1"] = micro_f1
    scores: dict[str, Any] = {name: figures[name] for name in ("rows", "log_loss", "never_predicted")}
    for name, statistic in statistics.items():
        scores[name] = _interval(split.gold, decided, len(given.labels), statistic)
        scores[name]["value"] = figures[name]
    return scores


def _interval(gold: AnyArray, decided: AnyArray, classes: int, statistic: Statistic) -> dict[str, Any]:
    right = (gold == decided) if gold.ndim == 1 else (gold == decided).all(axis=1)
    # Draws of rows that are all right are all right: a bootstrap would promise that there will never be a mistake.
    if statistic is accuracy and right.all() | (~right).all():
        return share_interval(right)
    return asdict(bootstrap(gold, decided, classes, statistic, samples=samples_for(gold))) | {"method": "bootstrap"}
