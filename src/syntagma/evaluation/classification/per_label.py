"""Scores per label, and the confusions between labels."""

from typing import Any

import numpy as np

from syntagma.evaluation.classification.curves import areas
from syntagma.evaluation.classification.predictions import Predictions, ReportInput
from syntagma.evaluation.classification.scores import classification_scores

MOST_PAIRS = 20
# With more labels the confusion matrix is omitted, and only the most frequent labels are reported one by one.
MOST_IN_MATRIX = 200
MOST_LABELS = 1000


def per_label(inputs: ReportInput, split: Predictions) -> list[dict[str, Any]]:
    """Score the model's predictions for each label on a split.

    Returns:
        One record per label with `label`, `precision`, `recall`, `f1`, `rows` (support: number of rows that have the
        label), `decided` (number of rows for which the label is predicted), `roc_auc` and `average_precision` (see
        `areas`). If there are more than `MOST_LABELS` labels, only the most frequent labels are included.
    """
    figures = classification_scores(split.gold, split.probabilities, inputs.labels, inputs.threshold)["per_class"]
    predicted = inputs.predict(split)
    counts = predicted.sum(axis=0) if split.multilabel else np.bincount(predicted, minlength=len(inputs.labels))
    shown = list(range(len(inputs.labels)))
    if len(shown) > MOST_LABELS:
        rows = np.array([figures[name]["rows"] for name in inputs.labels])
        shown = sorted(np.argsort(-rows, kind="stable")[:MOST_LABELS].tolist())
    return [
        {"label": inputs.labels[k], **figures[inputs.labels[k]], "decided": int(counts[k]), **areas(split, k)}
        for k in shown
    ]


def macro_areas(labels: list[dict[str, Any]]) -> dict[str, float | None]:
    """Average `roc_auc` and `average_precision` over the labels for which they are defined.

    Args:
        labels: Result of `per_label`.

    Returns:
        Dictionary with the two macro averages, `roc_auc` and `average_precision`. An average is `None` if it is not
        defined for any label.
    """
    means: dict[str, float | None] = {}
    for name in ("roc_auc", "average_precision"):
        known = [label[name] for label in labels if label[name] is not None]
        means[name] = float(np.mean(known)) if known else None
    return means


def confusion(inputs: ReportInput, split: Predictions) -> dict[str, Any]:
    """Count correct and incorrect predictions by label.

    Returns:
        For single-label data: `matrix`, the confusion matrix as K lists of K counts with one list per gold label
        (omitted for more than `MOST_IN_MATRIX` labels), and `pairs`, the most frequent confusions. A pair has `gold`,
        `decided` (predicted label), `count` and `share` (of the rows with this gold label). For multilabel data:
        `labels`, with one record for each of the first `MOST_LABELS` labels. A record has `label` and its numbers of
        true positives (`hit`), false negatives (`missed`), false positives (`false_alarm`) and true negatives
        (`rejected`).
    """
    predicted = inputs.predict(split)
    if split.multilabel:
        names = inputs.labels[:MOST_LABELS]
        return {"labels": [_two_by_two(name, split.gold[:, k], predicted[:, k]) for k, name in enumerate(names)]}
    size = len(inputs.labels)
    gold = split.gold.astype(np.int64)
    pairs = {"pairs": _pairs(gold, predicted, inputs.labels)}
    if size > MOST_IN_MATRIX:
        return pairs
    return {"matrix": np.bincount(gold * size + predicted, minlength=size**2).reshape(size, size).tolist(), **pairs}


def _pairs(gold: Any, predicted: Any, labels: tuple[str, ...]) -> list[dict[str, Any]]:
    """Return the most frequent confusions of single-label data, without building the full confusion matrix."""
    wrong = gold != predicted
    cells, counts = np.unique(gold[wrong] * len(labels) + predicted[wrong], return_counts=True)
    support = np.bincount(gold, minlength=len(labels))
    return [
        {
            "gold": labels[int(cells[place]) // len(labels)],
            "decided": labels[int(cells[place]) % len(labels)],
            "count": int(counts[place]),
            "share": float(counts[place] / support[int(cells[place]) // len(labels)]),
        }
        for place in np.argsort(-counts, kind="stable")[:MOST_PAIRS]
    ]


def _two_by_two(name: str, gold: Any, predicted: Any) -> dict[str, Any]:
    counts = np.bincount(2 * gold.astype(np.int64) + predicted, minlength=4)
    rejected, false_alarm, missed, hit = (int(count) for count in counts)
    return {"label": name, "hit": hit, "missed": missed, "false_alarm": false_alarm, "rejected": rejected}
