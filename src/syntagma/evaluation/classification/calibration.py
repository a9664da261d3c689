"""Calibration of a classifier's probabilities before and after temperature scaling."""

from typing import Any

from syntagma.evaluation.classification.predictions import Predictions, ReportInput
from syntagma.evaluation.classification.scores import log_loss
from syntagma.evaluation.figures import BINS, calibration_figures
from syntagma.metrics.calibration import reliability
from syntagma.shapes import FloatArray


def calibration(inputs: ReportInput) -> dict[str, Any]:
    """Compute the calibration of each split before and after temperature scaling (Guo et al., 2017).

    The temperature is fitted on dev, so the results on dev are optimistic, unlike the results on test.

    Returns:
        `temperature`, `bins` (number of bins) and `splits`, which maps each split with rows to its calibration `before`
        and `after` temperature scaling. Both have `log_loss` and the fields of `calibration_figures`.
    """
    return {
        "temperature": inputs.temperature,
        "bins": BINS,
        "splits": {
            name: {"before": _figures(split, split.uncalibrated), "after": _figures(split, split.probabilities)}
            for name, split in inputs.splits.items()
            if len(split)
        },
    }


def _figures(split: Predictions, probabilities: FloatArray) -> dict[str, Any]:
    figures = calibration_figures(reliability(split.gold, probabilities, BINS))
    return figures | {"log_loss": log_loss(split.gold, probabilities)}
