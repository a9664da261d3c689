"""Statistics that the reports of all tasks share: proportions with intervals, slices, tests and calibration."""

import math
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from syntagma.metrics.calibration import Reliability
from syntagma.shapes import AnyArray, BoolArray


class Metric(NamedTuple):
    """A metric that is used to compare runs and models.

    Attributes:
        key: Key of the metric in `metrics.json`.
        title: Name of the metric in text output.
        is_shown: Whether the metric is printed at the end of training.
    """

    key: str
    title: str
    is_shown: bool = True


# 97.5 % quantile of the standard normal distribution, for two-sided 95 % intervals.
_Z = 1.959964


def share_interval(correct: BoolArray) -> dict[str, Any]:
    """Compute a proportion with its 95 % Wilson score interval (Wilson, 1927), which is also valid for small samples.

    Args:
        correct: Whether each example is correct, boolean of shape (rows,), with at least one row.

    Returns:
        `value` (the share of correct examples), `low` and `high` (bounds of the interval), all in [0, 1], and `method`
        ("Wilson").

    Example:
        >>> interval = share_interval(np.array([True, True]))
        >>> interval["value"], round(interval["low"], 2), interval["high"]
        (1.0, 0.34, 1.0)
    """
    rows, share = len(correct), float(correct.mean())
    centre = share + _Z**2 / (2 * rows)
    half = _Z * math.sqrt(share * (1 - share) / rows + _Z**2 / (4 * rows**2))
    low, high = ((centre + sign * half) / (1 + _Z**2 / rows) for sign in (-1, 1))
    return {"value": share, "low": min(share, max(0.0, low)), "high": max(share, min(1.0, high)), "method": "Wilson"}


def score_slice(name: str, correct: BoolArray, overall: float) -> dict[str, Any]:
    """Compute the accuracy on a slice of the data, and compare its confidence interval with the overall accuracy.

    Args:
        name: Name of the slice.
        correct: Whether each example of the slice is correct, boolean of shape (rows,). The array may be empty.
        overall: Accuracy on all examples.

    Returns:
        `name`, `rows`, the fields of `share_interval`, and `verdict`. The verdict is "below" or "above" if the interval
        does not contain `overall`, and otherwise "within". For an empty slice, `value`, `low` and `high` are `None`.
    """
    if not len(correct):
        return {"name": name, "rows": 0, "value": None, "low": None, "high": None, "verdict": "within"}
    interval = share_interval(correct)
    verdict = "below" if interval["high"] < overall else "above" if interval["low"] > overall else "within"
    return {"name": name, "rows": len(correct), **interval, "verdict": verdict}


def name_quartiles(lengths: Sequence[int]) -> dict[int, str]:
    """Split rows into quartiles by length, and map each length to the name of its quartile, such as "3 to 7".

    Rows of equal length are always in the same quartile, so there may be fewer than four quartiles.

    Args:
        lengths: Length of each row.

    Returns:
        Name of the quartile for each distinct length, in ascending order of the quartiles.
    """
    values = np.array(lengths)
    bounds = np.unique(np.quantile(values, [0.25, 0.5, 0.75], method="inverted_cdf"))
    quartile = np.searchsorted(bounds, values, side="left")
    names: dict[int, str] = {}
    for number in np.unique(quartile):
        inside = values[quartile == number].tolist()
        low, high = min(inside), max(inside)
        names |= dict.fromkeys(inside, f"{low:,}" if low == high else f"{low:,} to {high:,}")
    return names


def label_figures(names: Iterable[str], figures: Iterable[AnyArray]) -> dict[str, dict[str, Any]]:
    """Convert the result of scikit-learn's `precision_recall_fscore_support` to one record per label.

    Args:
        names: Names of the K labels.
        figures: Precision, recall, F1 and support, each of shape (K,).

    Returns:
        Dictionary of records, keyed by label name. Each has `precision`, `recall`, `f1` and `rows` (support).
    """
    return {
        name: {"precision": float(precision), "recall": float(recall), "f1": float(f1), "rows": int(rows)}
        for name, precision, recall, f1, rows in zip(names, *figures, strict=True)
    }


# Significance level of all tests.
LEVEL = 0.05

NO_BASELINE = {
    "outcome": "no baseline",
    "sentence": "No baseline was scored, so it is unknown whether a neural model is worthwhile here.",
}


def judge_test(test: dict[str, Any]) -> str:
    """Return the outcome of a significance test: "better", "worse", or "no difference" (not significant).

    Args:
        test: Record with `p_value` and `difference`. The `value` of the difference is positive if the first model has
            the higher score.
    """
    if test["p_value"] >= LEVEL:
        return "no difference"
    return "better" if test["difference"]["value"] > 0 else "worse"


def best_baseline(
    baselines: list[dict[str, Any]], figure: str, reported: str, *, has_dev: bool
) -> tuple[dict[str, Any], str, str]:
    """Select the baseline with the highest score.

    The selection uses the dev (validation) split if all baselines were scored on it, and otherwise the reported split.

    Args:
        baselines: Records of at least one baseline, with `title` and `splits` (scores by split).
        figure: Key of the metric to compare.
        reported: Name of the split that is reported in detail.
        has_dev: Whether there is a dev split with rows.

    Returns:
        The record of the best baseline, the name of the split used for the selection, and a phrase that names the
        baseline, for use in a sentence.
    """
    chosen_on = "dev" if has_dev and all("dev" in one["splits"] for one in baselines) else reported
    best = max(baselines, key=lambda one: one["splits"][chosen_on][figure]["value"])
    name = best["title"] if len(baselines) == 1 else f"{best['title']} (the best baseline on {chosen_on})"
    return best, chosen_on, name


BINS = 15


def calibration_figures(reliability: Reliability) -> dict[str, Any]:
    """Convert a reliability diagram to values for a report.

    The diagram must contain at least one prediction.

    Returns:
        `expected_calibration_error` (Guo et al., 2017), `mean_confidence`, `share_right` (share of correct
        predictions), and `reliability`, one record per non-empty bin with `low`, `high`, `count`, `confidence` and
        `accuracy`.
    """
    bins = zip(
        reliability.edges[:-1],
        reliability.edges[1:],
        reliability.count,
        reliability.confidence,
        reliability.accuracy,
        strict=True,
    )
    return {
        "expected_calibration_error": reliability.expected_calibration_error,
        "mean_confidence": _mean(reliability.confidence, reliability),
        "share_right": _mean(reliability.accuracy, reliability),
        "reliability": [
            {"low": low, "high": high, "count": count, "confidence": confidence, "accuracy": accuracy}
            for low, high, count, confidence, accuracy in bins
            if count
        ],
    }


def _mean(values: AnyArray, reliability: Reliability) -> float:
    filled = reliability.count > 0
    return float((values[filled] * reliability.count[filled]).sum() / reliability.count.sum())
