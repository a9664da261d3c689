"""Figures of each label: precision, recall, F1, areas, and what it is mistaken for."""

from typing import Any

import numpy as np

from syntagma.evaluation.classification.curves import areas
from syntagma.evaluation.classification.predicted import Predicted, ReportInput
from syntagma.evaluation.classification.scores import classification_scores

MOST_PAIRS = 20


def per_label(given: ReportInput, split: Predicted) -> list[dict[str, Any]]:
    """A record a label: `label`, `precision`, `recall`, `f1`, `rows`, `decided`, `roc_auc`, `average_precision`."""
    figures = classification_scores(split.gold, split.probabilities, given.labels, given.threshold)["per_class"]
    decided = given.decided(split)
    counts = decided.sum(axis=0) if split.multilabel else np.bincount(decided, minlength=len(given.labels))
    return [
        {"label": name, **figures[name], "decided": int(counts[k]), **areas(split, k)}
        for k, name in enumerate(given.labels)
    ]


def macro_areas(labels: list[dict[str, Any]]) -> dict[str, float | None]:
    """Mean areas over the labels that have one."""
    means: dict[str, float | None] = {}
    for name in ("roc_auc", "average_precision"):
        known = [label[name] for label in labels if label[name] is not None]
        means[name] = float(np.mean(known)) if known else None
    return means


def confusion(given: ReportInput, split: Predicted) -> dict[str, Any]:
    """Counts of right and wrong decisions.

    Returns:
        Where a row has one label: `matrix`, K lists of K counts, a list for each gold label; and `pairs`, the labels
        most often confused, as `gold`, `decided`, `count` and `share` of the rows of the gold label. Where it may have
        several: `labels`, for each `label` the counts `hit`, `missed`, `false_alarm` and `rejected`.
    """
    decided = given.decided(split)
    if split.multilabel:
        return {"labels": [_two_by_two(name, split.gold[:, k], decided[:, k]) for k, name in enumerate(given.labels)]}
    size = len(given.labels)
    matrix = np.bincount(split.gold.astype(np.int64) * size + decided, minlength=size * size).reshape(size, size)
    return {"matrix": matrix.tolist(), "pairs": _pairs(matrix, given.labels)}


def _pairs(matrix: Any, labels: tuple[str, ...]) -> list[dict[str, Any]]:
    wrong = matrix - np.diag(np.diag(matrix))
    order = np.argsort(-wrong, axis=None, kind="stable")[:MOST_PAIRS]
    places = [divmod(int(place), len(labels)) for place in order]
    return [
        {
            "gold": labels[gold],
            "decided": labels[decided],
            "count": int(wrong[gold, decided]),
            "share": float(wrong[gold, decided] / matrix[gold].sum()),
        }
        for gold, decided in places
        if wrong[gold, decided]
    ]


def _two_by_two(name: str, gold: Any, decided: Any) -> dict[str, Any]:
    counts = np.bincount(2 * gold.astype(np.int64) + decided, minlength=4)
    rejected, false_alarm, missed, hit = (int(count) for count in counts)
    return {"label": name, "hit": hit, "missed": missed, "false_alarm": false_alarm, "rejected": rejected}
