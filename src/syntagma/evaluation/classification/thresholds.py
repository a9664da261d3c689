"""Thresholds that dev rows suggest: for the second of two classes, or for several labels, together and one by one."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from syntagma.evaluation.classification.predicted import Predicted
from syntagma.evaluation.classification.scores import classification_scores
from syntagma.shapes import AnyArray, FloatArray

CHOSEN_ON = "dev"
# Thresholds that are tried: float32, as probabilities are.
_TRIED = (np.arange(1, 100) / 100).astype(np.float32)
# A label that fewer dev rows have, or lack, keeps its threshold: a few rows speak for anything.
_LEAST_ROWS = 5
# Of more labels, the most frequent have a record.
_MOST_LABELS = 1000


def suggest_thresholds(splits: Mapping[str, Predicted]) -> dict[str, Any] | None:
    """Choose thresholds on dev, and score all splits with them.

    The threshold for all labels has the best macro F1 on dev, and that of a single label the best F1 of this label. Of
    equally good ones, the nearest to 0.5 is chosen.

    Returns:
        `chosen_on`, `figure`, `threshold`, and `splits`, for each the macro F1 `before`, as decided now, and `after`.
        If rows may have several labels, also `one_by_one`, which is the macro F1 with a threshold per label, and
        `labels`: records of `label`, `rows` of dev, `threshold` and `splits` with the F1 `before` and `after`. `None`
        for one of many classes, and for too few rows.
    """
    dev = splits.get(CHOSEN_ON)
    if dev is None or dev.kind == "multiclass":
        return None
    gold, probabilities = _columns(dev)
    counted = gold.sum(axis=0)  # (C,)
    spoken = np.minimum(counted, len(dev) - counted) >= _LEAST_ROWS
    if not spoken.any():
        return None
    f1 = _f1_by_threshold(gold, probabilities, both=dev.kind == "binary")
    threshold = _best(np.nanmean(f1, axis=1))
    scored = {name: split for name, split in splits.items() if len(split)}
    scores = {name: _before_and_after(split, threshold) for name, split in scored.items()}
    found = {
        "chosen_on": CHOSEN_ON,
        "figure": "macro_f1",
        "threshold": threshold,
        "splits": {
            name: {when: figures["macro_f1"] for when, figures in of_split.items()} for name, of_split in scores.items()
        },
    }
    if dev.kind == "multilabel":
        own = np.array([_best(f1[:, k]) if spoken[k] else dev.threshold for k in range(len(spoken))], np.float32)
        found |= _one_by_one(scored, own, counted)
    return found


def _one_by_one(splits: Mapping[str, Predicted], thresholds: FloatArray, counted: AnyArray) -> dict[str, Any]:
    scores = {name: _before_and_after(split, thresholds) for name, split in splits.items()}
    labels = splits[CHOSEN_ON].labels
    shown = sorted(np.argsort(-counted, kind="stable")[:_MOST_LABELS].tolist())
    return {
        "one_by_one": {name: of_split["after"]["macro_f1"] for name, of_split in scores.items()},
        "labels": [
            {
                "label": labels[k],
                "rows": int(counted[k]),
                "threshold": round(float(thresholds[k]), 4),
                "splits": {
                    name: {when: figures["per_class"][labels[k]]["f1"] for when, figures in of_split.items()}
                    for name, of_split in scores.items()
                },
            }
            for k in shown
        ],
    }


def _before_and_after(split: Predicted, threshold: float | FloatArray) -> dict[str, dict[str, Any]]:
    return {
        when: classification_scores(split.gold, split.probabilities, split.labels, one)
        for when, one in (("before", split.threshold), ("after", threshold))
    }


def _columns(split: Predicted) -> tuple[AnyArray, FloatArray]:
    """Return 0/1 and the probability of what a threshold decides on, both (rows, C): a second class, or labels."""
    if split.multilabel:
        return (split.gold > 0.5).astype(np.int64), split.probabilities
    return split.gold[:, None], split.probabilities[:, 1:]


def _f1_by_threshold(gold: AnyArray, probabilities: FloatArray, *, both: bool) -> AnyArray:
    """Return F1 by threshold and label, (thresholds, C), of `both` classes for two; NaN for what is nowhere."""
    decided, hits = (
        np.stack([_count_from(_TRIED, column) for column in columns], axis=1)
        for columns in (probabilities.T, np.where(gold > 0, probabilities, -1).T)
    )
    rows, positive = len(gold), gold.sum(axis=0)
    tables = [(hits, decided + positive)]
    if both:
        rejected, negative = rows - decided, rows - positive
        tables.append((rejected - (positive - hits), rejected + negative))
    return np.concatenate(
        [np.divide(2.0 * hit, total, out=np.full(hit.shape, np.nan), where=total > 0) for hit, total in tables], axis=1
    )


def _count_from(thresholds: FloatArray, values: FloatArray) -> AnyArray:
    """Return how many values are at least each threshold."""
    return len(values) - np.searchsorted(np.sort(values), thresholds, side="left")


def _best(figures: AnyArray) -> float:
    best = np.flatnonzero(figures >= np.nanmax(figures) - 1e-12)
    return round(float(_TRIED[best[np.abs(_TRIED[best] - 0.5).argmin()]]), 2)
