"""1-nearest-neighbour classification of series under dynamic time warping (DTW).

All channels are warped together (`kernels/dtw.py`). Missing values are interpolated within a series. A channel that is
constant in the training data is set to 0 in all series. If a channel has no values in a series, it is set to 0 in
that series.

Each channel is standardised with its mean and standard deviation over all time steps of the training series. The UCR
archive instead standardises each series separately, which removes the level and scale of the series. On the training
rows of JapaneseVowels, separate standardisation lowers the accuracy from 96 % to 64 %. For univariate series that are
already standardised, such as those in the archive, both methods find the same neighbours.

The warping window with the highest leave-one-out accuracy on the training rows is used, and ties go to the narrowest
window. The leave-one-out accuracy also determines the predicted probability (see `smooth_accuracy`).
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from syntagma.evaluation.baselines import TITLES
from syntagma.evaluation.series.preparation import Scale, interpolate
from syntagma.kernels import dtw
from syntagma.progress import Progress
from syntagma.shapes import AnyArray, FloatArray

# Candidate window widths, as shares of the longer series. Windows above 0.2 rarely help (Ratanamahatana and Keogh,
# 2005), and for most data sets of the UCR archive the best window is below 0.1.
WINDOWS = (0.0, 0.01, 0.02, 0.03, 0.05, 0.07, 0.1, 0.15, 0.2)
FIXED_WINDOW = 0.1
# Every series is compared with every training series. With more training series, this is too slow for a baseline.
MOST_ROWS = 1_000
# Maximum number of cells within the window in all DTW matrices, times the channels. On two cores, this number takes one
# minute on OSULeaf and ACSF1, where most cells are pruned, and five minutes on noise.
MOST_WORK = 3e11
_BATCH_ROWS = 64

Series = Sequence[FloatArray]


class _Choice(NamedTuple):
    window: float
    correct: int  # training rows whose nearest other training row has the same label


def reason_to_skip(series: Series, splits: Mapping[str, Series]) -> str:
    """Return a clause that says why the baseline cannot be trained, or "" if it can be trained.

    Args:
        series: Training series, each of shape (T, D).
        splits: Series to predict, by split.
    """
    if not dtw.is_available():
        return "it needs the native library, which was not built when Syntagma was installed"
    if len(series) > MOST_ROWS:
        return f"there are more than {MOST_ROWS:,} training series to compare with"
    if not affordable_windows(series, splits):
        return "the series are too long or too numerous for pairwise comparison"
    return ""


def affordable_windows(series: Series, splits: Mapping[str, Series]) -> tuple[float, ...]:
    """Return the candidate windows that can be tried in reasonable time.

    These are all of `WINDOWS`, or only `FIXED_WINDOW` if `WINDOWS` would take too long, or none if even `FIXED_WINDOW`
    would.
    """
    for windows in (WINDOWS, (FIXED_WINDOW,)):
        work = sum(_work(series, series, window) for window in windows)
        if work + sum(_work(rows, series, max(windows)) for rows in splits.values()) <= MOST_WORK:
            return windows
    return ()


def predict(series: Series, gold: AnyArray, classes: int, splits: Mapping[str, Series]) -> dict[str, FloatArray]:
    """Predict the label of the nearest training series for each series in every split.

    Args:
        series: Training series, each of shape (T, D). NaN marks a missing value.
        gold: Class index of each training series, int of shape (rows,).
        classes: Number of classes K.
        splits: Series to predict, by split.

    Returns:
        Probabilities by split, each float32 of shape (rows, K).
    """
    scale = Scale.fit(np.concatenate([np.where(np.isfinite(one), one, np.nan) for one in series], dtype=np.float64))
    train = _prepare(series, scale)
    windows = affordable_windows(series, splits)
    total = len(windows) * len(series) + sum(map(len, splits.values()))
    with Progress(f"Baseline {TITLES['dtw']}", total=total, unit="series") as progress:
        choice = _choose_window(train, gold, windows, progress)
        confidence = smooth_accuracy(choice.correct, len(gold), classes)
        return {
            split: _probabilities(
                gold[_nearest(_prepare(rows, scale), train, choice.window, progress)], classes, confidence
            )
            for split, rows in splits.items()
        }


def smooth_accuracy(correct: int, rows: int, classes: int) -> float:
    """Return the leave-one-out accuracy with Laplace smoothing, `(correct + 1) / (rows + K)`.

    The result is used as the probability of the predicted label. A result below 1.01 / K is therefore raised to
    1.01 / K, so that no other label has a higher probability.

    Args:
        correct: Number of training rows that have the same label as their nearest other training row.
        rows: Number of training rows.
        classes: Number of classes K.

    Example:
        >>> smooth_accuracy(48, 50, classes=3)
        0.9245283018867925
    """
    return min(1.0, max((correct + 1) / (rows + classes), 1.01 / classes))


def _work(queries: Series, candidates: Series, window: float) -> float:
    """Estimate the number of DTW cells within the window over all pairs of series, times the number of channels."""
    if not len(queries):
        return 0.0
    length, other = (float(np.mean([max(len(one), 1) for one in rows])) for rows in (queries, candidates))
    band = min(2 * window * max(length, other) + 1, other)
    return len(queries) * len(candidates) * length * band * candidates[0].shape[1]


def _prepare(series: Series, scale: Scale) -> list[FloatArray]:
    return [scale.apply(interpolate(one)).astype(np.float32) for one in series]


def _choose_window(train: Series, gold: AnyArray, windows: Sequence[float], progress: Progress) -> _Choice:
    """Choose the window with the best leave-one-out accuracy on the training rows."""
    tried = []
    for window in windows:
        rows = _nearest(train, train, window, progress, leave_one_out=True)
        tried.append(_Choice(window, int(((gold[rows] == gold) & (rows >= 0)).sum())))
    return max(tried, key=lambda one: (one.correct, -one.window))


def _nearest(
    queries: Series, candidates: Series, window: float, progress: Progress, leave_one_out: bool = False
) -> AnyArray:
    """Return the index of the nearest candidate for each query series.

    With `leave_one_out`, queries and candidates are the same series, and no series is its own nearest candidate.
    """
    channels = candidates[0].shape[1]
    others = dtw.pack(candidates, channels)
    rows = [np.zeros(0, np.int64)]
    for start in range(0, len(queries), _BATCH_ROWS):
        packed = dtw.pack(queries[start : start + _BATCH_ROWS], channels)
        excluded = np.arange(start, start + len(packed)) if leave_one_out else None
        rows.append(dtw.nearest(packed, others, window, excluded).rows)
        progress.advance(len(packed))
    return np.concatenate(rows)


def _probabilities(labels: AnyArray, classes: int, confidence: float) -> FloatArray:
    """Return probabilities of shape (rows, K).

    The predicted label has the probability `confidence`. The other labels share the rest equally.
    """
    probabilities = np.full((len(labels), classes), (1 - confidence) / max(classes - 1, 1))
    probabilities[np.arange(len(labels)), labels] = confidence
    return probabilities.astype(np.float32)
