"""One-vs-rest ROC and precision-recall curves, and the areas under these curves."""

from typing import Any

import numpy as np

from syntagma.evaluation.baselines import TITLES
from syntagma.evaluation.classification.predictions import Predictions, ReportInput
from syntagma.shapes import AnyArray, FloatArray

# More curves than this cannot be distinguished in one chart. The areas under them are in the table of labels.
MOST_CURVES = 8
_POINTS = 200


def areas(split: Predictions, label: int) -> dict[str, float | None]:
    """Compute the areas under the one-vs-rest ROC and precision-recall curves of a label.

    Returns:
        `roc_auc` (area under the ROC curve) and `average_precision`. Both are `None` if all rows or no rows have the
        label.
    """
    from sklearn.metrics import average_precision_score, roc_auc_score

    positive = _positive(split.gold, label)
    if positive.min() == positive.max():
        return {"roc_auc": None, "average_precision": None}
    scores = split.probabilities[:, label]
    return {
        "roc_auc": float(roc_auc_score(positive, scores)),
        "average_precision": float(average_precision_score(positive, scores)),
    }


def curves(inputs: ReportInput, split: Predictions) -> list[dict[str, Any]]:
    """Compute the points of the ROC and precision-recall curves.

    For binary data, the model and each baseline have a curve for the positive class. For other data, the model has a
    curve for each label, but there are no curves if there are more than `MOST_CURVES` labels. Curves are omitted for a
    label that all rows or no rows have.

    Returns:
        One record per curve with `name`, `kind` ("model", "baseline" or "label"), `rows` (number of rows that have the
        label), `roc` (pairs of false and true positive rate) and `precision_recall` (pairs of recall and precision).
    """
    if inputs.kind == "binary":
        sources = [("model", "This model", split.probabilities, 1)]
        sources += [("baseline", TITLES.get(name, name), p, 1) for name, p in split.baselines.items()]
    elif len(inputs.labels) <= MOST_CURVES:
        sources = [("label", name, split.probabilities, k) for k, name in enumerate(inputs.labels)]
    else:
        return []
    records = [{"name": name, "kind": kind, **_curve(split.gold, p, label)} for kind, name, p, label in sources]
    return [curve for curve in records if 0 < curve["rows"] < len(split)]


def _curve(gold: AnyArray, probabilities: FloatArray, label: int) -> dict[str, Any]:
    from sklearn.metrics import precision_recall_curve, roc_curve

    positive, scores = _positive(gold, label), probabilities[:, label]
    rows = int(positive.sum())
    if not 0 < rows < len(positive):
        return {"rows": rows}
    false_positive, true_positive, _ = roc_curve(positive, scores)
    precision, recall, _ = precision_recall_curve(positive, scores)
    return {
        "rows": rows,
        "roc": _thin(false_positive, true_positive),
        "precision_recall": _thin(recall[::-1], precision[::-1]),
    }


def _positive(gold: AnyArray, label: int) -> AnyArray:
    return (gold[:, label] > 0.5).astype(int) if gold.ndim == 2 else (gold == label).astype(int)


def _thin(x: AnyArray, y: AnyArray) -> list[list[float]]:
    """Select at most `_POINTS` points that are evenly spaced along a curve and include both ends."""
    length = np.concatenate([[0.0], np.cumsum(np.abs(np.diff(x)) + np.abs(np.diff(y)))])
    if len(x) > _POINTS:
        kept = np.unique(np.searchsorted(length, np.linspace(0, length[-1], _POINTS)).clip(0, len(x) - 1))
        x, y = x[kept], y[kept]
    return [[round(float(a), 5), round(float(b), 5)] for a, b in zip(x, y, strict=True)]
