"""Scores of a classifier on a split, with 95 % confidence intervals."""

from dataclasses import asdict
from typing import Any

import numpy as np

from syntagma.evaluation.classification.predictions import Predictions, ReportInput
from syntagma.evaluation.classification.scores import classification_scores
from syntagma.evaluation.figures import share_interval
from syntagma.metrics.significance import Counts, Statistic, accuracy, bootstrap, macro_f1
from syntagma.shapes import AnyArray, FloatArray

# Above this number of cells (rows times labels), half as many bootstrap samples are drawn to save time. This changes
# only the third digit of the bounds.
_MANY_CELLS = 100_000


def micro_f1(counts: Counts) -> AnyArray:
    """Compute the micro-averaged F1 of each bootstrap sample by summing the counts over all labels.

    Args:
        counts: Counts whose fields `hits`, `predicted` and `gold` have the shape (samples, K).

    Returns:
        Micro-averaged F1, of shape (samples,). The F1 is 0 for a sample that has neither gold nor predicted labels.
    """
    total = counts.predicted.sum(axis=1) + counts.gold.sum(axis=1)
    figure: AnyArray = 2 * counts.hits.sum(axis=1) / np.maximum(total, 1)
    return figure


def bootstrap_samples(gold: AnyArray) -> int:
    """Return the number of bootstrap samples to draw, which is halved if `gold` is a large multilabel matrix."""
    return 1000 if gold.ndim == 2 and gold.size > _MANY_CELLS else 2000


def split_scores(inputs: ReportInput, split: Predictions, probabilities: FloatArray | None = None) -> dict[str, Any]:
    """Score the predictions of the model, or of a baseline, on a split.

    Args:
        inputs: Input of the report, which defines the labels and the threshold.
        split: Rows with gold labels and the model's predictions.
        probabilities: Probabilities predicted by a baseline, of shape (rows, K). By default, the model is scored.

    Returns:
        `rows`, `accuracy`, `macro_f1`, `micro_f1` (multilabel only), `log_loss` and `never_predicted` (see
        `classification_scores`). Accuracy and F1 are dicts with `value`, `low` and `high` (bounds of the 95 %
        confidence interval) and `method`. An empty split has only `rows`.
    """
    if not len(split):
        return {"rows": 0}
    if probabilities is None:
        probabilities = split.probabilities
    figures = classification_scores(split.gold, probabilities, inputs.labels, inputs.threshold)
    predicted = inputs.predict(split, probabilities)
    statistics: dict[str, Statistic] = {"accuracy": accuracy, "macro_f1": macro_f1}
    if split.multilabel:
        statistics["micro_f1"] = micro_f1
    scores: dict[str, Any] = {name: figures[name] for name in ("rows", "log_loss", "never_predicted")}
    for name, statistic in statistics.items():
        scores[name] = _interval(split.gold, predicted, len(inputs.labels), statistic)
        scores[name]["value"] = figures[name]
    return scores


def _interval(gold: AnyArray, predicted: AnyArray, classes: int, statistic: Statistic) -> dict[str, Any]:
    correct = (gold == predicted) if gold.ndim == 1 else (gold == predicted).all(axis=1)
    # If all rows are correct, or all wrong, the bootstrap interval has zero width; Wilson's does not.
    if statistic is accuracy and correct.all() | (~correct).all():
        return share_interval(correct)
    return asdict(bootstrap(gold, predicted, classes, statistic, samples=bootstrap_samples(gold))) | {
        "method": "bootstrap"
    }
