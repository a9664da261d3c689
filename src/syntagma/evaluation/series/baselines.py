"""Simple series classifiers, trained on the same rows as a neural model for comparison."""

import time
from collections.abc import Iterator, Mapping, Sequence

from syntagma.evaluation.baselines import TITLES, Baseline
from syntagma.evaluation.series import dtw, statistics
from syntagma.progress import note
from syntagma.shapes import AnyArray, FloatArray


def train_series_baselines(
    series: Sequence[FloatArray], gold: AnyArray, classes: int, splits: Mapping[str, Sequence[FloatArray]]
) -> Iterator[Baseline]:
    """Train two baselines, predict every split, and yield each baseline when it is finished.

    "statistics" is logistic regression on summary statistics. "dtw" is a 1-nearest-neighbour classifier under dynamic
    time warping. The "dtw" baseline is skipped, with a note, if the native library is missing, or if the series are too
    numerous or too long.

    Args:
        series: Training series, each float32 of shape (T, D). Lengths T may differ. NaN marks a missing value.
        gold: Class index of each training series, int of shape (rows,).
        classes: Number of classes K.
        splits: Series to predict, by split.

    Yields:
        Each baseline with its probabilities for all splits.
    """
    started = time.monotonic()
    yield Baseline("statistics", statistics.predict(series, gold, classes, splits), time.monotonic() - started)
    reason = dtw.reason_to_skip(series, splits)
    if reason:
        note(f"Baseline {TITLES['dtw']}: skipped, because {reason}.")
        return
    started = time.monotonic()
    yield Baseline("dtw", dtw.predict(series, gold, classes, splits), time.monotonic() - started)
