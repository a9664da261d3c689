"""Whether the model's probabilities mean what they say, before and after the temperature."""

from typing import Any

from syntagma.evaluation.classification.predicted import Predicted, ReportInput
from syntagma.evaluation.classification.scores import log_loss
from syntagma.evaluation.figures import BINS, calibration_figures
from syntagma.metrics.calibration import reliability
from syntagma.shapes import FloatArray


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


def _figures(split: Predicted, probabilities: FloatArray) -> dict[str, Any]:
    figures = calibration_figures(reliability(split.gold, probabilities, BINS))
    return figures | {"log_loss": log_loss(split.gold, probabilities)}
