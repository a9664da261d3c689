"""Do probabilities mean what they say?"""

from dataclasses import dataclass

import numpy as np

from syntagma.shapes import AnyArray, FloatArray

_LOG_TEMPERATURE = (-3.0, 3.0)


@dataclass(frozen=True)
class Reliability:
    """Decisions in bins of equal width by their probability.

    Attributes:
        edges: Bounds of the bins, (bins + 1,).
        count: Decisions in each bin, (bins,).
        confidence: Their mean probability, NaN where there are none.
        accuracy: The share of them that is right, NaN where there are none.
    """

    edges: AnyArray
    count: AnyArray
    confidence: AnyArray
    accuracy: AnyArray

    @property
    def expected_calibration_error(self) -> float:
        """Mean distance of confidence and accuracy, each bin by its share of the decisions (Guo et al., 2017)."""
        filled = self.count > 0
        gaps = np.abs(self.confidence - self.accuracy)[filled]
        return float((gaps * self.count[filled]).sum() / max(self.count.sum(), 1))


def reliability(gold: AnyArray, probabilities: FloatArray, bins: int = 15) -> Reliability:
    """Confidence and accuracy of decisions.

    Where a row has one class, a decision is its most probable class; where it may have several, every label of every
    row is a decision for or against it.

    Args:
        gold: Class indices (rows,), or 0/1 (rows, K).
        probabilities: (rows, K).
        bins: Number of bins over [0, 1].
    """
    if gold.ndim == 2:
        p = probabilities.astype(np.float64)
        confidence = np.maximum(p, 1 - p, out=p).ravel()
        correct = ((probabilities >= 0.5) == (gold > 0.5)).ravel()
    else:
        confidence = probabilities.max(axis=1).astype(np.float64)
        correct = probabilities.argmax(axis=1) == gold
    return reliability_of(confidence, correct, bins)


def reliability_of(confidence: AnyArray, correct: AnyArray, bins: int = 15) -> Reliability:
    """Confidence and accuracy of any decisions.

    Args:
        confidence: The probability of each decision, (decisions,).
        correct: Whether it is right, (decisions,).
        bins: Number of bins over [0, 1].
    """
    edges = np.linspace(0, 1, bins + 1)
    bin_of = np.clip(np.searchsorted(edges, confidence, side="left") - 1, 0, bins - 1)
    count = np.bincount(bin_of, minlength=bins)
    with np.errstate(invalid="ignore"):
        mean_confidence = np.bincount(bin_of, weights=confidence, minlength=bins) / count
        accuracy = np.bincount(bin_of, weights=correct, minlength=bins) / count
    return Reliability(edges, count, mean_confidence, accuracy)


def expected_calibration_error(gold: AnyArray, probabilities: FloatArray, bins: int = 15) -> float:
    """See `Reliability.expected_calibration_error`; 0 is best."""
    return reliability(gold, probabilities, bins).expected_calibration_error


def probabilities_of(logits: FloatArray, kind: str, temperature: float = 1.0) -> FloatArray:
    """Probabilities from logits that are divided by a temperature.

    Args:
        logits: (rows, K), or (rows, 1) for two classes.
        kind: "binary" (sigmoid, two columns), "multiclass" (softmax) or "multilabel" (sigmoids).
        temperature: Above 1 makes them more modest, below 1 bolder; decisions stay as they are.

    Returns:
        float32 (rows, K), two columns for two classes.
    """
    logits = logits / np.float32(temperature)
    if kind == "multiclass":
        shifted: FloatArray = np.exp(logits - logits.max(axis=1, keepdims=True))
        softmax: FloatArray = shifted / shifted.sum(axis=1, keepdims=True)
        return softmax
    positive = (1 / (1 + np.exp(-np.clip(logits, -80, 80)))).astype(np.float32)
    return np.concatenate([1 - positive, positive], axis=1) if kind == "binary" else positive


def fit_temperature(logits: FloatArray, gold: AnyArray, kind: str) -> float:
    """The temperature whose probabilities have the least log loss (Guo et al., 2017).

    Args:
        logits: (rows, K), or (rows, 1) for two classes; of rows that the model was not fitted to.
        gold: Class indices (rows,), or 0/1 (rows, K).
        kind: As in `probabilities_of`.

    Returns:
        A number within [e^-3, e^3]; 1 where there are no rows.
    """
    return least_log_loss(logits, gold, kind)[0]


def least_log_loss(logits: FloatArray, gold: AnyArray, kind: str) -> tuple[float, float]:
    """The temperature of `fit_temperature`, and the mean log loss in nats with it (0 where there are no rows)."""
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

    found = minimize_scalar(loss, bounds=_LOG_TEMPERATURE, method="bounded", options={"xatol": 1e-4})
    return float(np.exp(found.x)), float(found.fun)
