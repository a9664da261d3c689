"""Figures of each label: precision, recall, F1, areas, and what it is mistaken for."""

from typing import Any

import numpy as np

from syntagma.evaluation.classification.curves import areas
from syntagma.evaluation.classification.predicted import Predicted, ReportInput
from syntagma.evaluation.classification.scores import classification_scores

MOST_PAIRS = 20
# Of more labels no matrix of confusions is kept, and of many more only the most frequent are told of one by one.
MOST_IN_MATRIX = 200
MOST_LABELS = 1000


def per_label(given: ReportInput, split: Predicted) -> list[dict[str, Any]]:
    """Return a record per label: `label`, `precision`, `recall`, `f1`, `rows`, `decided`, and areas.

    The areas are `roc_auc` and `average_precision`. Of more than `MOST_LABELS` labels only the most frequent are there.
    """
    figures = classification_scores(split.gold, split.probabilities, given.labels, given.threshold)["per_class"]
    decided = given.decided(split)
    counts = decided.sum(axis=0) if split.multilabel else np.bincount(decided, minlength=len(given.labels))
    shown = list(range(len(given.labels)))
    if len(shown) > MOST_LABELS:
        rows = np.array([figures[name]["rows"] for name in given.labels])
        shown = sorted(np.argsort(-rows, kind="stable")[:MOST_LABELS].tolist())
    return [
        {"label": given.labels[k], **figures[given.labels[k]], "decided": int(counts[k]), **areas(split, k)}
        for k in shown
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
        If a row has one label: `matrix`, K lists of K counts, a list for each gold label, unless there are more than
        `MOST_IN_MATRIX` labels; and `pairs`, the labels most often confused, as `gold`, `decided`, `count` and `share`
        of the rows of the gold label. If it may have several: `labels`, for each `label` the counts `hit`, `missed`,
        `false_alarm` and `rejected`; of more than `MOST_LABELS` the first ones.
    """
    decided = given.decided(split)
    if split.multilabel:
        names = given.labels[:MOST_LABELS]
        return {"labels": [_two_by_two(name, split.gold[:, k], decided[:, k]) for k, name in enumerate(names)]}
    size = len(given.labels)
    gold = split.gold.astype(np.int64)
    found = {"pairs": _pairs(gold, decided, given.labels)}
    if size > MOST_IN_MATRIX:
        return found
    return {"matrix": np.bincount(gold * size + decided, minlength=size**2).reshape(size, size).tolist(), **found}


def _pairs(gold: Any, decided: Any, labels: tuple[str, ...]) -> list[dict[str, Any]]:
    """Return the labels most often confused, without a matrix of all pairs."""
    wrong = gold != decided
    cells, counts = np.unique(gold[wrong] * len(labels) + decided[wrong], return_counts=True)
    of_label = np.bincount(gold, minlength=len(labels))
    return [
        {
            "gold": labels[int(cells[place]) // len(labels)],
            "decided": labels[int(cells[place]) % len(labels)],
            "count": int(counts[place]),
            "share": float(counts[place] / of_label[int(cells[place]) // len(labels)]),
        }
        for place in np.argsort(-counts, kind="stable")[:MOST_PAIRS]
    ]


def _two_by_two(name: str, gold: Any, decided: Any) -> dict[str, Any]:
    counts = np.bincount(2 * gold.astype(np.int64) + decided, minlength=4)
    rejected, false_alarm, missed, hit = (int(count) for count in counts)
    return {"label": name, "hit": hit, "missed": missed, "false_alarm": false_alarm, "rejected": rejected}
