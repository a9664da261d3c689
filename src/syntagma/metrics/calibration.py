"""Calibration of probabilities: reliability diagrams, expected calibration error and temperature scaling."""

from dataclasses import dataclass

import numpy as np

from syntagma.shapes import AnyArray, FloatArray

_LOG_TEMPERATURE = (-3.0, 3.0)


@dataclass(frozen=True)
class Reliability:
    """Reliability diagram: decisions in probability bins of equal width.

    Attributes:
        edges: Edges of the bins, (bins + 1,).
        count: Number of decisions in each bin, (bins,).
        confidence: Mean probability of the decisions in each bin, NaN if there are none, (bins,).
        accuracy: Share of correct decisions in each bin, NaN if there are none, (bins,).
    """

    edges: AnyArray
    count: AnyArray
    confidence: AnyArray
    accuracy: AnyArray

    @property
    def expected_calibration_error(self) -> float:
        """Mean gap between confidence and accuracy, weighted by decisions per bin (Guo et al., 2017); 0 is best."""
        filled = self.count > 0
        gaps = np.abs(self.confidence - self.accuracy)[filled]
        return float((gaps * self.count[filled]).sum() / max(self.count.sum(), 1))


def reliability(gold: AnyArray, probabilities: FloatArray, bins: int = 15) -> Reliability:
    """Compute the reliability diagram of predicted probabilities.

    If each row has one class, a decision is its most probable class. If a row may have several labels, each label of
    each row is a decision for or against it.

    Args:
        gold: Class indices (rows,), or 0/1 (rows, K).
        probabilities: Probabilities (rows, K).
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
    """Compute the reliability diagram of any decisions.

    Args:
        confidence: Probability of each decision, (decisions,).
        correct: Whether each decision is correct, (decisions,).
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
    """Compute the expected calibration error; see `Reliability.expected_calibration_error`."""
    return reliability(gold, probabilities, bins).expected_calibration_error


def compute_probabilities(logits: FloatArray, kind: str, temperature: float = 1.0) -> FloatArray:
    """Compute probabilities from logits that are divided by a temperature.

    Args:
        logits: Logits (rows, K), or (rows, 1) for two classes.
        kind: "binary" (sigmoid, two columns), "multiclass" (softmax) or "multilabel" (sigmoids).
        temperature: Positive number. Values above 1 make the probabilities less confident, and values below 1 more.
            Decisions do not change.

    Returns:
        Probabilities, float32 (rows, K), with two columns for two classes.
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
        logits: Logits (rows, K), or (rows, 1) for two classes, of rows on which the model was not trained.
        gold: Class indices (rows,), or 0/1 (rows, K).
        kind: "binary", "multiclass" or "multilabel"; see `compute_probabilities`.

    Returns:
        Temperature in [e^-3, e^3], or 1 if there are no rows.
    """
    return fit_temperature_and_loss(logits, gold, kind)[0]


def fit_temperature_and_loss(logits: FloatArray, gold: AnyArray, kind: str) -> tuple[float, float]:
    """Return the temperature from `fit_temperature`, and its mean log loss in nats (0 if there are no rows)."""
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
