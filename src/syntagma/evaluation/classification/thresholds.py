"""Choice of decision thresholds on dev: a global threshold and, for multilabel data, one threshold per label."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from syntagma.evaluation.classification.predictions import Predictions
from syntagma.evaluation.classification.scores import classification_scores
from syntagma.shapes import AnyArray, FloatArray

CHOSEN_ON = "dev"
# Float32, like the probabilities they are compared with.
_CANDIDATES = (np.arange(1, 100) / 100).astype(np.float32)
# If fewer dev rows have a label, or fewer lack it, the label keeps its threshold, because a choice would be arbitrary.
_MIN_ROWS = 5
# With more labels, only the most frequent labels are reported individually.
_MOST_LABELS = 1000


def suggest_thresholds(splits: Mapping[str, Predictions]) -> dict[str, Any] | None:
    """Choose decision thresholds on dev, and score all splits with them.

    The global threshold maximises the macro F1 on dev. The threshold of an individual label maximises the F1 of this
    label on dev. The candidates are 0.01, 0.02, ..., 0.99, and ties go to the threshold closest to 0.5.

    Args:
        splits: Predictions by split. Thresholds are chosen only on "dev".

    Returns:
        `chosen_on` (name of the split), `figure` (key of the metric), `threshold` (the global one), and `splits`: for
        each split, the macro F1 `before` (with the current threshold) and `after` (with the chosen threshold). For
        multilabel data, two more fields describe the thresholds of individual labels: `one_by_one`, the macro F1 of
        each split with these thresholds, and `labels`, one record per label with `label`, `rows` (number of dev rows
        that have the label), `threshold`, and `splits` with the F1 `before` and `after`. The result is `None` for
        multiclass data, if there is no dev split, or if dev has too few rows to choose any threshold.
    """
    dev = splits.get(CHOSEN_ON)
    if dev is None or dev.kind == "multiclass":
        return None
    gold, probabilities = _columns(dev)
    counted = gold.sum(axis=0)  # (C,)
    has_enough = np.minimum(counted, len(dev) - counted) >= _MIN_ROWS
    if not has_enough.any():
        return None
    f1 = _f1_by_threshold(gold, probabilities, both=dev.kind == "binary")
    threshold = _best_threshold(np.nanmean(f1, axis=1))
    filled = {name: split for name, split in splits.items() if len(split)}
    scores = {name: _compare_scores(split, threshold) for name, split in filled.items()}
    suggestion = {
        "chosen_on": CHOSEN_ON,
        "figure": "macro_f1",
        "threshold": threshold,
        "splits": {
            name: {when: figures["macro_f1"] for when, figures in compared.items()} for name, compared in scores.items()
        },
    }
    if dev.kind == "multilabel":
        own = [_best_threshold(f1[:, k]) if enough else dev.threshold for k, enough in enumerate(has_enough)]
        suggestion |= _one_by_one(filled, np.array(own, np.float32), counted)
    return suggestion


def _one_by_one(splits: Mapping[str, Predictions], thresholds: FloatArray, counted: AnyArray) -> dict[str, Any]:
    scores = {name: _compare_scores(split, thresholds) for name, split in splits.items()}
    labels = splits[CHOSEN_ON].labels
    shown = sorted(np.argsort(-counted, kind="stable")[:_MOST_LABELS].tolist())
    return {
        "one_by_one": {name: compared["after"]["macro_f1"] for name, compared in scores.items()},
        "labels": [
            {
                "label": labels[k],
                "rows": int(counted[k]),
                "threshold": round(float(thresholds[k]), 4),
                "splits": {
                    name: {when: figures["per_class"][labels[k]]["f1"] for when, figures in compared.items()}
                    for name, compared in scores.items()
                },
            }
            for k in shown
        ],
    }


def _compare_scores(split: Predictions, threshold: float | FloatArray) -> dict[str, dict[str, Any]]:
    """Return the scores `before` (with the current threshold) and `after` (with the new threshold)."""
    return {
        when: classification_scores(split.gold, split.probabilities, split.labels, one)
        for when, one in (("before", split.threshold), ("after", threshold))
    }


def _columns(split: Predictions) -> tuple[AnyArray, FloatArray]:
    """Return the gold labels (0/1) and the probabilities of the C labels that a threshold applies to.

    Returns:
        Two arrays of shape (rows, C). For binary data, C is 1, and the only label is the positive class.
    """
    if split.multilabel:
        return (split.gold > 0.5).astype(np.int64), split.probabilities
    return split.gold[:, None], split.probabilities[:, 1:]


def _f1_by_threshold(gold: AnyArray, probabilities: FloatArray, *, both: bool) -> AnyArray:
    """Compute the F1 of each label with each candidate threshold.

    Args:
        gold: Gold labels, 0/1 of shape (rows, C).
        probabilities: Predicted probabilities of shape (rows, C).
        both: Whether to include the F1 of the negative class of binary data.

    Returns:
        F1 of shape (thresholds, C), or (thresholds, 2) with `both`. The F1 is NaN for a label that neither occurs nor
        is predicted.
    """
    predicted, hits = (
        np.stack([_count_from(_CANDIDATES, column) for column in columns], axis=1)
        for columns in (probabilities.T, np.where(gold > 0, probabilities, -1).T)
    )
    rows, positive = len(gold), gold.sum(axis=0)
    tables = [(hits, predicted + positive)]
    if both:
        rejected, negative = rows - predicted, rows - positive
        tables.append((rejected - (positive - hits), rejected + negative))
    return np.concatenate(
        [np.divide(2.0 * hit, total, out=np.full(hit.shape, np.nan), where=total > 0) for hit, total in tables], axis=1
    )


def _count_from(thresholds: FloatArray, values: FloatArray) -> AnyArray:
    """Return the number of values that are greater than or equal to each threshold."""
    return len(values) - np.searchsorted(np.sort(values), thresholds, side="left")


def _best_threshold(figures: AnyArray) -> float:
    best = np.flatnonzero(figures >= np.nanmax(figures) - 1e-12)
    return round(float(_CANDIDATES[best[np.abs(_CANDIDATES[best] - 0.5).argmin()]]), 2)
