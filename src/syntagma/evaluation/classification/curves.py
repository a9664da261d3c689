"""ROC and precision-recall curves, each label against the rest, and the areas under them."""

from typing import Any

import numpy as np

from syntagma.evaluation.baselines import TITLES
from syntagma.evaluation.classification.predicted import Predicted, ReportInput
from syntagma.shapes import AnyArray, FloatArray

# More lines than this cannot be told apart in one picture: their areas stand in the table of labels.
MOST_CURVES = 8
_POINTS = 200


def areas(split: Predicted, label: int) -> dict[str, float | None]:
    """Areas under the two curves of a label; `None` where all rows or no rows have it."""
    from sklearn.metrics import average_precision_score, roc_auc_score

    positive = _positive(split.gold, label)
    if positive.min() == positive.max():
        return {"roc_auc": None, "average_precision": None}
    scores = split.probabilities[:, label]
    return {
        "roc_auc": float(roc_auc_score(positive, scores)),
        "average_precision": float(average_precision_score(positive, scores)),
    }


def curves(given: ReportInput, split: Predicted) -> list[dict[str, Any]]:
    """Points of the curves.

    Of two classes, the second one's for the model and for each baseline; of at most `MOST_CURVES`, one for each label
    that some rows have and some have not.

    Returns:
        Records of `name`, `kind` ("model", "baseline" or "label"), `rows`, `roc` (pairs of false and true positive
        rate) and `precision_recall` (pairs of recall and precision).
    """
    if given.kind == "binary":
        found = [("model", "This model", split.probabilities, 1)]
        found += [("baseline", TITLES.get(name, name), p, 1) for name, p in split.baselines.items()]
    elif len(given.labels) <= MOST_CURVES:
        found = [("label", name, split.probabilities, k) for k, name in enumerate(given.labels)]
    else:
        return []
    drawn = [{"name": name, "kind": kind, **_curve(split.gold, p, label)} for kind, name, p, label in found]
    return [curve for curve in drawn if 0 < curve["rows"] < len(split)]


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
        "roc": _thinned(false_positive, true_positive),
        "precision_recall": _thinned(recall[::-1], precision[::-1]),
    }


def _positive(gold: AnyArray, label: int) -> AnyArray:
    return (gold[:, label] > 0.5).astype(int) if gold.ndim == 2 else (gold == label).astype(int)


def _thinned(x: AnyArray, y: AnyArray) -> list[list[float]]:
    """At most `_POINTS` of the points, evenly spread along the line, with both ends."""
    length = np.concatenate([[0.0], np.cumsum(np.abs(np.diff(x)) + np.abs(np.diff(y)))])
    if len(x) > _POINTS:
        kept = np.unique(np.searchsorted(length, np.linspace(0, length[-1], _POINTS)).clip(0, len(x) - 1))
        x, y = x[kept], y[kept]
    return [[round(float(a), 5), round(float(b), 5)] for a, b in zip(x, y, strict=True)]
