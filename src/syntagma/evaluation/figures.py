"""Figures that the reports of all tasks give: shares with intervals, parts of splits, tests, reliability."""

import math
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

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


def part_scores(name: str, right: BoolArray, overall: float) -> dict[str, Any]:
    """Return the share of `True` in a part, and whether its interval lies below or above the share of all rows."""
    if not len(right):
        return {"name": name, "rows": 0, "value": None, "low": None, "high": None, "verdict": "within"}
    interval = share_interval(right)
    verdict = "below" if interval["high"] < overall else "above" if interval["low"] > overall else "within"
    return {"name": name, "rows": len(right), **interval, "verdict": verdict}


def quarters(lengths: Sequence[int]) -> dict[int, str]:
    """Return the name of the quarter of rows that each length belongs to, such as "3 to 7", the shortest first.

    There are fewer than four parts if many rows are equally long.
    """
    found = np.array(lengths)
    bounds = np.unique(np.quantile(found, [0.25, 0.5, 0.75], method="inverted_cdf"))
    part_of = np.searchsorted(bounds, found, side="left")
    names: dict[int, str] = {}
    for number in np.unique(part_of):
        inside = found[part_of == number].tolist()
        low, high = min(inside), max(inside)
        names |= dict.fromkeys(inside, f"{low:,}" if low == high else f"{low:,} to {high:,}")
    return names


def label_figures(names: Iterable[str], figures: Iterable[AnyArray]) -> dict[str, dict[str, Any]]:
    """Return what scikit-learn's `precision_recall_fscore_support` found, as a record per label."""
    return {
        name: {"precision": float(precision), "recall": float(recall), "f1": float(f1), "rows": int(rows)}
        for name, precision, recall, f1, rows in zip(names, *figures, strict=True)
    }


# The chance of calling equal models different that these tests take.
LEVEL = 0.05

NO_BASELINE = {
    "outcome": "no baseline",
    "sentence": "No baseline was scored: whether a network pays here is unknown.",
}


def outcome_of(test: dict[str, Any]) -> str:
    """Whether a model is "better" or "worse" than another, or there is "no difference" that a test can show."""
    if test["p_value"] >= LEVEL:
        return "no difference"
    return "better" if test["difference"]["value"] > 0 else "worse"


def best_baseline(
    found: list[dict[str, Any]], figure: str, reported: str, *, has_dev: bool
) -> tuple[dict[str, Any], str, str]:
    """Return the baseline with the highest figure, the split it was chosen on, and its name in a sentence.

    It is chosen on dev if all of them were scored there, otherwise on the reported split itself.
    """
    chosen_on = "dev" if has_dev and all("dev" in one["splits"] for one in found) else reported
    best = max(found, key=lambda one: one["splits"][chosen_on][figure]["value"])
    name = best["title"] if len(found) == 1 else f"{best['title']}, the better baseline on {chosen_on}"
    return best, chosen_on, name


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
