"""Nearest neighbours under dynamic time warping, with the compiled loop of `native/src/dtw.cpp`.

`dtw_numpy.py` implements the same functions in NumPy as a reference for the tests. It is too slow to be a fallback.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from syntagma.kernels import native
from syntagma.shapes import AnyArray, FloatArray, LongArray


class PackedSeries(NamedTuple):
    """N series of D channels, stored in one array.

    Attributes:
        values: Steps of all series, one series after another, float32 (S, D).
        starts: Index in `values` at which each series starts, followed by S, int64 (N + 1,). Series `i` is
            `values[starts[i]:starts[i + 1]]`.
    """

    values: FloatArray
    starts: LongArray

    def __len__(self) -> int:
        return len(self.starts) - 1


class Nearest(NamedTuple):
    """Nearest candidate of each of N queries.

    Attributes:
        rows: Index of the nearest candidate, or -1 if there is no candidate, int64 (N,).
        distances: Squared distance to the nearest candidate, or infinity if there is no candidate, float64 (N,).
    """

    rows: LongArray
    distances: AnyArray


def is_available() -> bool:
    """Return whether the compiled loop was built when Syntagma was installed."""
    return native.library() is not None


def pack(series: Sequence[FloatArray], channels: int) -> PackedSeries:
    """Concatenate series into one array.

    Args:
        series: Arrays (T, D) of finite numbers, each with at least one step.
        channels: Number of channels D, which cannot be inferred if there are no series.
    """
    starts = np.cumsum([0, *map(len, series)], dtype=np.int64)
    values = np.concatenate([np.zeros((0, channels), np.float32), *series], dtype=np.float32)
    return PackedSeries(np.ascontiguousarray(values), starts)


def nearest(
    queries: PackedSeries, candidates: PackedSeries, window: float, excluded: LongArray | None = None
) -> Nearest:
    """Find the candidate nearest to each query under dynamic time warping (DTW). Ties go to the first candidate.

    The squared distance between a series `a` (T, D) and a series `b` (S, D) is `d(T, S)`, the minimum cost of a path
    within a band of width `w`:

        d(i, j) = |a_i - b_j|^2 + min(d(i-1, j), d(i, j-1), d(i-1, j-1)),   |i - j| <= w,   d(0, 0) = 0
        w       = max(floor(window * max(T, S) + 0.5), |T - S|)

    All channels are warped together (Sakoe and Chiba, 1978). The work is distributed over SYNTAGMA_THREADS threads.

    Args:
        queries: N series for which to find the nearest candidate.
        candidates: M series to search, with the same number of channels as the queries.
        window: Width of the band as a share of the length of the longer series, in [0, 1].
        excluded: Index of the candidate to exclude for each query, or -1 to exclude none, int64 (N,). By default, each
            query is compared with all candidates.

    Raises:
        ValueError: If a series has no steps, the channels differ, or the window is outside [0, 1].
    """
    rows, distances = np.empty(len(queries), np.int64), np.empty(len(queries), np.float64)
    excluded_rows = None if excluded is None else np.ascontiguousarray(excluded, np.int64)
    native.require_library().dtw_nearest(
        _as_structure(queries),
        _as_structure(candidates),
        window,
        None if excluded_rows is None else excluded_rows.ctypes.data,
        rows.ctypes.data,
        distances.ctypes.data,
    )
    return Nearest(rows, distances)


def _as_structure(series: PackedSeries) -> native.Series:
    rows, channels = len(series), series.values.shape[1]
    return native.Series(rows, channels, series.values.ctypes.data, series.starts.ctypes.data)
