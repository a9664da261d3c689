"""Scores of a classifier from gold labels and probabilities."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from syntagma.evaluation.figures import label_figures
from syntagma.shapes import AnyArray, FloatArray


def decide(probabilities: FloatArray, multilabel: bool, threshold: float | FloatArray = 0.5) -> AnyArray:
    """Decisions from probabilities.

    Args:
        probabilities: (rows, K); two classes have two columns.
        multilabel: Whether a row may have several labels.
        threshold: Probability from which a label of several is given, or (K,) for one per label; so is the second of
            two classes.

    Returns:
        Class indices int64 (rows,), or 0/1 int64 (rows, K) where a row may have several.
    """
    if multilabel:
        return (probabilities >= threshold).astype(np.int64)
    if probabilities.shape[1] == 2:
        return (probabilities[:, 1] >= threshold).astype(np.int64)
    return np.argmax(probabilities, axis=1)


def classification_scores(
    gold: AnyArray, probabilities: FloatArray, names: Sequence[str], threshold: float | FloatArray = 0.5
) -> dict[str, Any]:
    """Return accuracy, log loss, macro and per-class figures of probabilities (rows, K).

    Gold labels are class indices (rows,), or 0/1 (rows, K) if a row may have several; then accuracy is the share of
    rows with all labels right, and micro-averaged figures are there too. `never_predicted` names labels that occur and
    are not predicted for any row. For the threshold see `decide`.
    """
    from sklearn.metrics import f1_score, precision_recall_fscore_support

    multilabel = gold.ndim == 2
    decided = decide(probabilities, multilabel, threshold)
    correct = (decided == gold).all(axis=1) if multilabel else decided == gold
    # scikit-learn takes a single column for two classes, of which the label is the second.
    counted = [1] if multilabel and len(names) == 1 else range(len(names))
    figures = precision_recall_fscore_support(gold, decided, labels=counted, zero_division=0)
    scores: dict[str, Any] = {
        "rows": len(gold),
        "accuracy": float(correct.mean()),
        # Classes that neither occur nor are predicted say nothing and are left out of the mean.
        "macro_f1": float(figures[2][_present(gold, decided, len(names))].mean()),
        "log_loss": log_loss(gold, probabilities),
    }
    if multilabel:
        scores["micro_f1"] = float(f1_score(gold, decided, labels=counted, average="micro", zero_division=0))
    scores["per_class"] = label_figures(names, figures)
    counts = decided.sum(axis=0) if multilabel else np.bincount(decided, minlength=len(names))
    scores["never_predicted"] = [
        name for name, rows, count in zip(names, figures[3], counts, strict=True) if rows and not count
    ]
    return scores


def dev_scores(gold: AnyArray, probabilities: FloatArray) -> dict[str, float]:
    """The few figures that steer training: accuracy, macro F1 and loss."""
    names = [str(k) for k in range(probabilities.shape[1])]
    scores = classification_scores(gold, probabilities, names)
    return {"accuracy": scores["accuracy"], "macro_f1": scores["macro_f1"], "loss": scores["log_loss"]}


def log_loss(gold: AnyArray, probabilities: FloatArray) -> float:
    """Mean negative log-probability of the gold labels, in nats a row (and a label, where there are several)."""
    smallest = np.finfo(np.float32).tiny
    if gold.ndim == 1:
        chosen = probabilities[np.arange(len(gold)), gold].astype(np.float64)
    else:
        chosen = probabilities.astype(np.float64)
        np.subtract(1, chosen, out=chosen, where=gold <= 0)
    return float(-np.log(np.maximum(chosen, smallest, out=chosen), out=chosen).mean())


def _present(gold: AnyArray, decided: AnyArray, size: int) -> AnyArray:
    if gold.ndim == 2:
        return (gold.sum(axis=0) + decided.sum(axis=0)) > 0
    return (np.bincount(gold, minlength=size) + np.bincount(decided, minlength=size)) > 0
