"""Whether the model's probabilities mean what they say, before and after the temperature."""

from typing import Any

from syntagma.evaluation.report_input import ReportInput, ScoredSplit
from syntagma.evaluation.scores import log_loss
from syntagma.metrics.calibration import Reliability, reliability
from syntagma.shapes import AnyArray, FloatArray

BINS = 15


def calibration(given: ReportInput) -> dict[str, Any]:
    """The temperature, and for each split with rows, `before` and `after` it: error, log loss and bins.

    The temperature is fitted on dev: the figures of dev flatter it, those of test do not.
    """
    return {
        "temperature": given.temperature,
        "bins": BINS,
        "splits": {
            name: {"before": _figures(split, split.uncalibrated), "after": _figures(split, split.probabilities)}
            for name, split in given.splits.items()
            if len(split)
        },
    }


def _figures(split: ScoredSplit, probabilities: FloatArray) -> dict[str, Any]:
    figures = calibration_figures(reliability(split.gold, probabilities, BINS))
    return figures | {"log_loss": log_loss(split.gold, probabilities)}


def calibration_figures(found: Reliability) -> dict[str, Any]:
    """Error, means and bins of decisions, of which there are some."""
    return {
        "expected_calibration_error": found.expected_calibration_error,
        "mean_confidence": _mean(found.confidence, found),
        "share_right": _mean(found.accuracy, found),
        "reliability": [
            {"low": low, "high": high, "count": count, "confidence": confidence, "accuracy": right}
            for low, high, count, confidence, right in zip(
                found.edges[:-1], found.edges[1:], found.count, found.confidence, found.accuracy, strict=True
            )
            if count
        ],
    }


def _mean(values: AnyArray, found: Reliability) -> float:
    filled = found.count > 0
    return float((values[filled] * found.count[filled]).sum() / found.count.sum())
