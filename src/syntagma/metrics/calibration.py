"""Calibration of probabilities: reliability diagrams, expected calibration error and temperature scaling."""

from dataclasses import dataclass

import numpy as np

from syntagma.shapes import AnyArray, FloatArray

_LOG_TEMPERATURE = (-3.0, 3.0)


@dataclass(frozen=True)
class Reliability:
    """Reliability diagram: confidence and accuracy of decisions, grouped by confidence into bins of equal width.

    Attributes:
        edges: Edges of the bins, an array of shape (bins + 1,).
        count: Number of decisions in each bin, an array of shape (bins,).
        confidence: Mean probability of the decisions in each bin, an array of shape (bins,), with NaN for empty bins.
        accuracy: Proportion of correct decisions in each bin, an array of shape (bins,), with NaN for empty bins.
    """

    edges: AnyArray
    count: AnyArray
    confidence: AnyArray
    accuracy: AnyArray

    @property
    def expected_calibration_error(self) -> float:
        """Mean absolute gap between confidence and accuracy, weighted by decisions per bin (Guo et al., 2017).

        The best value is 0, which is also returned if there are no decisions.
        """
        filled = self.count > 0
        gaps = np.abs(self.confidence - self.accuracy)[filled]
        return float((gaps * self.count[filled]).sum() / max(self.count.sum(), 1))


def reliability(gold: AnyArray, probabilities: FloatArray, bins: int = 15) -> Reliability:
    """Compute the reliability diagram of predicted probabilities.

    If each row has one class, there is one decision per row: the choice of the most probable class. If a row may have
    several labels, there are K decisions per row: one for or against each label.

    Args:
        gold: Class indices of shape (rows,), or 0/1 labels of shape (rows, K) if a row may have several labels.
        probabilities: Predicted probabilities of shape (rows, K).
        bins: Number of bins in [0, 1].
    """
    if gold.ndim == 2:
        p = probabilities.astype(np.float64)
        confidence = np.maximum(p, 1 - p, out=p).ravel()
        correct = ((probabilities >= 0.5) == (gold > 0.5)).ravel()
    else:
        confidence = probabilities.max(axis=1).astype(np.float64)
        correct = probabilities.argmax(axis=1) == gold
    return bin_decisions(confidence, correct, bins)


def bin_decisions(confidence: AnyArray, correct: AnyArray, bins: int = 15) -> Reliability:
    """Compute a reliability diagram from the confidence and the correctness of decisions.

    Args:
        confidence: Predicted probability of each decision, an array of shape (decisions,).
        correct: Whether each decision is correct, an array of shape (decisions,).
        bins: Number of bins in [0, 1].
    """
    edges = np.linspace(0, 1, bins + 1)
    bin_of = np.clip(np.searchsorted(edges, confidence, side="left") - 1, 0, bins - 1)
    count = np.bincount(bin_of, minlength=bins)
    with np.errstate(invalid="ignore"):
        mean_confidence = np.bincount(bin_of, weights=confidence, minlength=bins) / count
        accuracy = np.bincount(bin_of, weights=correct, minlength=bins) / count
    return Reliability(edges, count, mean_confidence, accuracy)


def expected_calibration_error(gold: AnyArray, probabilities: FloatArray, bins: int = 15) -> float:
    """Compute the expected calibration error of predicted probabilities; see `reliability` for the arguments."""
    return reliability(gold, probabilities, bins).expected_calibration_error


def compute_probabilities(logits: FloatArray, kind: str, temperature: float = 1.0) -> FloatArray:
    """Divide logits by a temperature, and convert them to probabilities.

    Args:
        logits: Logits of shape (rows, K), or (rows, 1) if `kind` is "binary".
        kind: Kind of classification: "binary" (one sigmoid), "multiclass" (softmax) or "multilabel" (K sigmoids).
        temperature: Positive number by which the logits are divided. Values above 1 make the probabilities less
            confident, and values below 1 make them more confident. Decisions do not change.

    Returns:
        Probabilities, float32 of shape (rows, K), or (rows, 2) if `kind` is "binary".
    """
    logits = logits / np.float32(temperature)
    if kind == "multiclass":
        shifted: FloatArray = np.exp(logits - logits.max(axis=1, keepdims=True))
        softmax: FloatArray = shifted / shifted.sum(axis=1, keepdims=True)
        return softmax
    positive = (1 / (1 + np.exp(-np.clip(logits, -80, 80)))).astype(np.float32)
    return np.concatenate([1 - positive, positive], axis=1) if kind == "binary" else positive


def fit_temperature(logits: FloatArray, gold: AnyArray, kind: str) -> float:
    """Find the temperature that minimises the log loss (temperature scaling; Guo et al., 2017).

    Args:
        logits: Logits of shape (rows, K), or (rows, 1) if `kind` is "binary", for rows on which the model was not
            trained.
        gold: Class indices of shape (rows,), or 0/1 labels of shape (rows, K) if `kind` is "multilabel".
        kind: Kind of classification: "binary", "multiclass" or "multilabel".

    Returns:
        Temperature in [e^-3, e^3], or 1 if there are no rows.
    """
    return fit_temperature_and_loss(logits, gold, kind)[0]


def fit_temperature_and_loss(logits: FloatArray, gold: AnyArray, kind: str) -> tuple[float, float]:
    """Find the same temperature as `fit_temperature`, and return it together with its mean log loss in nats.

    The loss is 0 if there are no rows.
    """
    from scipy.optimize import minimize_scalar

    if not len(gold):
        return 1.0, 0.0
    scores = logits.astype(np.float64)
    if kind == "binary":
        scores = np.concatenate([np.zeros_like(scores), scores], axis=1)

    def loss(log_temperature: float) -> float:
        scaled = scores / np.exp(log_temperature)
        if kind == "multilabel":
            return float(np.logaddexp(0, np.where(gold > 0.5, -scaled, scaled)).mean())
        largest = scaled.max(axis=1)
        total = largest + np.log(np.exp(scaled - largest[:, None]).sum(axis=1))
        return float((total - scaled[np.arange(len(gold)), gold.astype(np.int64)]).mean())

    result = minimize_scalar(loss, bounds=_LOG_TEMPERATURE, method="bounded", options={"xatol": 1e-4})
    return float(np.exp(result.x)), float(result.fun)
