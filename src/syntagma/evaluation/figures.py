"""Figures that the reports of all tasks give: shares with intervals, outcomes of tests, reliability."""

import math
from typing import Any, NamedTuple

from syntagma.metrics.calibration import Reliability
from syntagma.shapes import AnyArray, BoolArray


class Figure(NamedTuple):
    """A figure by which runs and models are compared.

    Attributes:
        key: Its name in scores.
        title: Its name to read.
        is_shown: Whether it is printed in the lines that end a training.
    """

    key: str
    title: str
    is_shown: bool = True


# Two-sided, 95 % of the normal distribution.
_Z = 1.959964


def share_interval(right: BoolArray) -> dict[str, Any]:
    """The share of `True` with Wilson's interval (Wilson, 1927), which means something for few rows too.

    Example:
        >>> found = share_interval(np.array([True, True]))
        >>> found["value"], round(found["low"], 2), found["high"]
        (1.0, 0.34, 1.0)
    """
    rows, share = len(right), float(right.mean())
    centre = share + _Z**2 / (2 * rows)
    half = _Z * math.sqrt(share * (1 - share) / rows + _Z**2 / (4 * rows**2))
    low, high = ((centre + sign * half) / (1 + _Z**2 / rows) for sign in (-1, 1))
    return {"value": share, "low": min(share, max(0.0, low)), "high": max(share, min(1.0, high)), "method": "Wilson"}


# The chance of calling equal models different that these tests take.
LEVEL = 0.05


def outcome_of(test: dict[str, Any]) -> str:
    """Whether a model is "better" or "worse" than another, or there is "no difference" that a test can show."""
    if test["p_value"] >= LEVEL:
        return "no difference"
    return "better" if test["difference"]["value"] > 0 else "worse"


OPENINGS = {
    "better": "The neural model is better than {other}",
    "worse": "The neural model is worse than {other}",
    "no difference": "There is no difference that this test can show between the neural model and {other}",
}


BINS = 15


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
