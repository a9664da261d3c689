"""Metrics of a classifier, computed from gold labels and predicted probabilities."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from syntagma.evaluation.figures import label_figures
from syntagma.shapes import AnyArray, FloatArray


def decide(probabilities: FloatArray, multilabel: bool, threshold: float | FloatArray = 0.5) -> AnyArray:
    """Convert probabilities to predicted labels.

    For multiclass data, the most probable class is predicted. The threshold applies only to binary and multilabel data.

    Args:
        probabilities: Predicted probabilities of shape (rows, K). Binary data has two columns.
        multilabel: Whether a row can have several labels.
        threshold: Minimum probability for predicting the positive class, or a label of multilabel data. An array of
            shape (K,) sets one threshold per label.

    Returns:
        Class indices, int64 of shape (rows,). For multilabel data, 0/1 indicators, int64 of shape (rows, K).
    """
    if multilabel:
        return (probabilities >= threshold).astype(np.int64)
    if probabilities.shape[1] == 2:
        return (probabilities[:, 1] >= threshold).astype(np.int64)
    return np.argmax(probabilities, axis=1)


def classification_scores(
    gold: AnyArray, probabilities: FloatArray, names: Sequence[str], threshold: float | FloatArray = 0.5
) -> dict[str, Any]:
    """Compute the metrics of predicted probabilities.

    Args:
        gold: Gold labels: class indices of shape (rows,), or 0/1 of shape (rows, K) for multilabel data.
        probabilities: Predicted probabilities of shape (rows, K).
        names: Names of the K labels.
        threshold: Minimum probability for predicting a label (see `decide`).

    Returns:
        `rows` (number of rows), `accuracy`, `macro_f1` (unweighted mean F1 over all labels that occur or are
        predicted), `micro_f1` (multilabel only), `log_loss` (see `log_loss`), `per_class` (precision, recall, F1 and
        number of rows of each label) and `never_predicted` (labels that occur but are not predicted for any row). For
        multilabel data, `accuracy` is the subset accuracy, the share of rows with all labels correct.
    """
    from sklearn.metrics import f1_score, precision_recall_fscore_support

    multilabel = gold.ndim == 2
    predicted = decide(probabilities, multilabel, threshold)
    correct = (predicted == gold).all(axis=1) if multilabel else predicted == gold
    # scikit-learn treats a single multilabel column as binary, where class 1 means that the row has the label.
    counted = [1] if multilabel and len(names) == 1 else range(len(names))
    figures = precision_recall_fscore_support(gold, predicted, labels=counted, zero_division=0)
    scores: dict[str, Any] = {
        "rows": len(gold),
        "accuracy": float(correct.mean()),
        # The mean excludes classes that neither occur nor are predicted.
        "macro_f1": float(figures[2][_present(gold, predicted, len(names))].mean()),
        "log_loss": log_loss(gold, probabilities),
    }
    if multilabel:
        scores["micro_f1"] = float(f1_score(gold, predicted, labels=counted, average="micro", zero_division=0))
    scores["per_class"] = label_figures(names, figures)
    counts = predicted.sum(axis=0) if multilabel else np.bincount(predicted, minlength=len(names))
    scores["never_predicted"] = [
        name for name, rows, count in zip(names, figures[3], counts, strict=True) if rows and not count
    ]
    return scores


def dev_scores(gold: AnyArray, probabilities: FloatArray) -> dict[str, float]:
    """Compute the validation metrics that are tracked during training: `accuracy`, `macro_f1` and `loss` (log loss)."""
    names = [str(k) for k in range(probabilities.shape[1])]
    scores = classification_scores(gold, probabilities, names)
    return {"accuracy": scores["accuracy"], "macro_f1": scores["macro_f1"], "loss": scores["log_loss"]}


def log_loss(gold: AnyArray, probabilities: FloatArray) -> float:
    """Compute the mean negative log-likelihood of the gold labels, in nats.

    Args:
        gold: Gold labels: class indices of shape (rows,), or 0/1 of shape (rows, K) for multilabel data.
        probabilities: Predicted probabilities of shape (rows, K). Likelihoods are clipped to at least the smallest
            normal float32.

    Returns:
        Mean over all rows. For multilabel data, the mean binary cross-entropy over all rows and labels.
    """
    smallest = np.finfo(np.float32).tiny
    if gold.ndim == 1:
        chosen = probabilities[np.arange(len(gold)), gold].astype(np.float64)
    else:
        chosen = probabilities.astype(np.float64)
        np.subtract(1, chosen, out=chosen, where=gold <= 0)
    # The absolute value is 0.0, not -0.0, if all likelihoods are 1.
    return abs(float(np.log(np.maximum(chosen, smallest, out=chosen), out=chosen).mean()))


def _present(gold: AnyArray, predicted: AnyArray, size: int) -> AnyArray:
    if gold.ndim == 2:
        return (gold.sum(axis=0) + predicted.sum(axis=0)) > 0
    return (np.bincount(gold, minlength=size) + np.bincount(predicted, minlength=size)) > 0
