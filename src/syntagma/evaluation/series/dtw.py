"""Classify a series like the training series with the smallest distance under dynamic time warping (DTW).

All channels are warped together (`kernels/dtw.py`). Missing values are interpolated within a series. A channel that is
constant in training, or missing in a series, is 0.

Each channel is standardised with the mean and standard deviation of all training steps. The convention of the UCR
archive, to standardise each series, would remove the level and the size of a series; on the training rows of
JapaneseVowels it lowers the accuracy from 96 % to 64 %. The neighbours of univariate series that come standardised, as
those of the archive, stay the same.

The window with the most training rows whose nearest other row has their label is used; of equally good ones the
narrowest. That leave-one-out accuracy also sets the probability of the nearest label, see `smoothed`.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from syntagma.evaluation.baselines import TITLES
from syntagma.evaluation.series.preparation import Scale, interpolate
from syntagma.kernels import dtw
from syntagma.progress import Progress
from syntagma.shapes import AnyArray, FloatArray

# Widths of the band, as shares of the longer series. Wider bands than a fifth rarely help (Ratanamahatana and Keogh,
# 2005), and on the UCR archive most of the best ones are below a tenth.
WINDOWS = (0.0, 0.01, 0.02, 0.03, 0.05, 0.07, 0.1, 0.15, 0.2)
FIXED_WINDOW = 0.1
# Every series is compared with every training series: with more of them, this costs more than it tells.
MOST_ROWS = 1_000
# Cells of all bands together, times the channels. Two cores take one minute for this many on OSULeaf and ACSF1, where
# most cells are skipped, and five minutes on noise.
MOST_WORK = 3e11
_ROWS_AT_ONCE = 64

Series = Sequence[FloatArray]


class _Chosen(NamedTuple):
    window: float
    right: int  # training rows that their nearest other row has the label of


def obstacle(series: Series, splits: Mapping[str, Series]) -> str:
    """Return why the baseline is left out, or an empty string."""
    if not dtw.is_available():
        return "it needs the native library, which was not built when Syntagma was installed"
    if len(series) > MOST_ROWS:
        return f"it compares with every training series, and there are more than {MOST_ROWS:,}"
    if not affordable_windows(series, splits):
        return "the series are too long or too many to compare each with each"
    return ""


def affordable_windows(series: Series, splits: Mapping[str, Series]) -> tuple[float, ...]:
    """Return the windows to choose from: `WINDOWS`, only `FIXED_WINDOW` if these take too long, or none."""
    for windows in (WINDOWS, (FIXED_WINDOW,)):
        work = sum(_work(series, series, window) for window in windows)
        if work + sum(_work(rows, series, max(windows)) for rows in splits.values()) <= MOST_WORK:
            return windows
    return ()


def predict(series: Series, gold: AnyArray, classes: int, splits: Mapping[str, Series]) -> dict[str, FloatArray]:
    """Give each series of every split the label of its nearest training series.

    Args:
        series: Training series (T, D); NaN is missing.
        gold: Class index of each training series.
        classes: K.
        splits: Series to predict, by split.

    Returns:
        Probabilities, float32 (rows, K) by split.
    """
    scale = Scale.fit(np.concatenate([np.where(np.isfinite(one), one, np.nan) for one in series], dtype=np.float64))
    train = _prepare(series, scale)
    windows = affordable_windows(series, splits)
    total = len(windows) * len(series) + sum(map(len, splits.values()))
    with Progress(f"Baseline {TITLES['dtw']}", total=total, unit="series") as progress:
        chosen = _choose(train, gold, windows, progress)
        confidence = smoothed(chosen.right, len(gold), classes)
        return {
            split: _probabilities(
                gold[_nearest(_prepare(rows, scale), train, chosen.window, progress)], classes, confidence
            )
            for split, rows in splits.items()
        }


def smoothed(right: int, rows: int, classes: int) -> float:
    """Return the probability of the nearest label, `(right + 1) / (rows + K)`, but a little more than `1 / K` at least.

    Args:
        right: Training rows whose nearest other row has their label.
        rows: All training rows.
        classes: K.

    Example:
        >>> smoothed(48, 50, classes=3)
        0.9245283018867925
    """
    return min(1.0, max((right + 1) / (rows + classes), 1.01 / classes))


def _work(queries: Series, candidates: Series, window: float) -> float:
    """Return about how many cells the bands of all pairs have, times the channels."""
    if not len(queries):
        return 0.0
    length, other = (float(np.mean([max(len(one), 1) for one in rows])) for rows in (queries, candidates))
    band = min(2 * window * max(length, other) + 1, other)
    return len(queries) * len(candidates) * length * band * candidates[0].shape[1]


def _prepare(series: Series, scale: Scale) -> list[FloatArray]:
    return [scale.apply(interpolate(one)).astype(np.float32) for one in series]


def _choose(train: Series, gold: AnyArray, windows: Sequence[float], progress: Progress) -> _Chosen:
    """Return the best window, and how many training rows it labels rightly from the other training rows."""
    tried = []
    for window in windows:
        rows = _nearest(train, train, window, progress, leave_one_out=True)
        tried.append(_Chosen(window, int(((gold[rows] == gold) & (rows >= 0)).sum())))
    return max(tried, key=lambda one: (one.right, -one.window))


def _nearest(
    queries: Series, candidates: Series, window: float, progress: Progress, leave_one_out: bool = False
) -> AnyArray:
    """Return the row of the nearest candidate of each query; with `leave_one_out`, of those in other rows."""
    channels = candidates[0].shape[1]
    others = dtw.pack(candidates, channels)
    found = [np.zeros(0, np.int64)]
    for start in range(0, len(queries), _ROWS_AT_ONCE):
        packed = dtw.pack(queries[start : start + _ROWS_AT_ONCE], channels)
        excluded = np.arange(start, start + len(packed)) if leave_one_out else None
        found.append(dtw.nearest(packed, others, window, excluded).rows)
        progress.advance(len(packed))
    return np.concatenate(found)


def _probabilities(labels: AnyArray, classes: int, confidence: float) -> FloatArray:
    """Return `confidence` for the label of each row, and the rest in equal parts for the other classes."""
    found = np.full((len(labels), classes), (1 - confidence) / max(classes - 1, 1))
    found[np.arange(len(labels)), labels] = confidence
    return found.astype(np.float32)
