"""Reference implementation of dynamic time warping in NumPy."""

from collections.abc import Sequence

import numpy as np

from syntagma.kernels.dtw import Nearest
from syntagma.shapes import FloatArray, LongArray


def band_width(length: int, other: int, window: float) -> int:
    """Return the width of the band: the maximum difference between the indices of two aligned steps.

    The width is at least the difference between the lengths of the two series, so that a path exists.

    Args:
        length: Number of steps of one series.
        other: Number of steps of the other series.
        window: Width of the band as a share of the length of the longer series, in [0, 1].
    """
    return max(int(np.floor(window * max(length, other) + 0.5)), abs(length - other))


def dtw_distance(a: FloatArray, b: FloatArray, window: float) -> float:
    """Compute the squared DTW distance between two series; see `kernels/dtw.py` for the formula.

    Args:
        a: Finite numbers (T, D).
        b: Finite numbers (S, D).
        window: Width of the band as a share of the length of the longer series, in [0, 1].

    Example:
        >>> dtw_distance(np.array([[0], [0], [1]]), np.array([[0], [1], [1]]), window=1.0)
        0.0
    """
    costs = ((a[:, None].astype(np.float64) - b[None]) ** 2).sum(axis=-1)  # (T, S)
    width = band_width(len(a), len(b), window)
    d = np.full((len(a) + 1, len(b) + 1), np.inf)
    d[0, 0] = 0
    for i in range(1, len(a) + 1):
        for j in range(max(1, i - width), min(len(b), i + width) + 1):
            d[i, j] = costs[i - 1, j - 1] + min(d[i - 1, j], d[i, j - 1], d[i - 1, j - 1])
    return float(d[-1, -1])


def nearest(
    queries: Sequence[FloatArray],
    candidates: Sequence[FloatArray],
    window: float,
    excluded: LongArray | None = None,
) -> Nearest:
    """Find the candidate nearest to each query by computing all distances. For details, see `kernels.dtw.nearest`."""
    distances = np.array([[dtw_distance(query, other, window) for other in candidates] for query in queries])
    distances = distances.reshape(len(queries), len(candidates))
    for row, column in enumerate([] if excluded is None else excluded):
        if 0 <= column < len(candidates):
            distances[row, column] = np.inf
    distances = np.concatenate([distances, np.full((len(queries), 1), np.inf)], axis=1)  # the last column means "none"
    best = distances.min(axis=1)
    return Nearest(np.where(np.isinf(best), -1, distances.argmin(axis=1)), best)
