"""Dynamic time warping: the compiled loop against NumPy, and NumPy against all warping paths."""

import numpy as np
import pytest

from syntagma.kernels import dtw, dtw_numpy
from syntagma.kernels.dtw_numpy import band_width, dtw_distance

WINDOWS = (0.0, 0.05, 0.2, 0.5, 1.0)

compiled = pytest.mark.skipif(not dtw.is_available(), reason="installed without a compiler")


def draw_series(random, rows, channels, longest=12):
    return [random.normal(size=(random.integers(1, longest + 1), channels)).astype(np.float32) for _ in range(rows)]


def warping_paths(length, other, width):
    """Return all paths from (0, 0) to the last cell, as lists of cells."""

    def extend(path):
        i, j = path[-1]
        if (i, j) == (length - 1, other - 1):
            yield path
        for cell in ((i + 1, j), (i, j + 1), (i + 1, j + 1)):
            if cell[0] < length and cell[1] < other and abs(cell[0] - cell[1]) <= width:
                yield from extend([*path, cell])

    return extend([(0, 0)])


def find_nearest(queries, candidates, window, excluded=None, channels=None):
    channels = channels or queries[0].shape[1]
    return dtw.nearest(dtw.pack(queries, channels), dtw.pack(candidates, channels), window, excluded)


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("lengths", [(1, 1), (1, 4), (4, 2), (4, 5), (5, 5)])
def test_the_distance_is_the_minimum_cost_of_all_warping_paths(lengths, window):
    random = np.random.default_rng(sum(lengths))
    a, b = (random.normal(size=(length, 2)).astype(np.float32) for length in lengths)
    costs = ((a[:, None].astype(float) - b[None]) ** 2).sum(axis=-1)
    width = max(int(window * max(lengths) + 0.5), abs(lengths[0] - lengths[1]))
    expected = min(sum(costs[cell] for cell in path) for path in warping_paths(*lengths, width))
    np.testing.assert_allclose(dtw_distance(a, b, window), expected, rtol=1e-12)


def test_without_a_window_series_of_equal_length_are_compared_step_by_step():
    a, b = np.random.default_rng(0).normal(size=(2, 7, 3))
    np.testing.assert_allclose(dtw_distance(a, b, 0.0), ((a - b) ** 2).sum(), rtol=1e-12)


@pytest.mark.parametrize(
    ("lengths", "window", "expected"), [((10, 10), 0.25, 3), ((10, 10), 0.24, 2), ((4, 9), 0.1, 5), ((9, 4), 1.0, 9)]
)
def test_the_band_width_is_a_share_of_the_longer_series_and_reaches_the_last_cell(lengths, window, expected):
    assert band_width(*lengths, window) == expected


@compiled
@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("seed", range(12))
def test_the_compiled_loop_equals_the_numpy_reference(seed, window):
    random = np.random.default_rng(seed)
    channels = 1 + seed % 3
    queries, candidates = (draw_series(random, rows, channels) for rows in (5, 7))
    excluded = random.integers(-1, 7, size=5) if seed % 2 else None
    result = find_nearest(queries, candidates, window, excluded)
    expected = dtw_numpy.nearest(queries, candidates, window, excluded)
    np.testing.assert_array_equal(result.rows, expected.rows)
    np.testing.assert_allclose(result.distances, expected.distances, rtol=1e-9)


@compiled
@pytest.mark.parametrize("window", WINDOWS)
def test_distances_equal_those_of_numpy_and_are_symmetric(window):
    series = draw_series(np.random.default_rng(1), 6, channels=2)
    for a in series:
        there = [find_nearest([a], [b], window).distances[0] for b in series]
        back = [find_nearest([b], [a], window).distances[0] for b in series]
        np.testing.assert_allclose(there, [dtw_distance(a, b, window) for b in series], rtol=1e-9)
        np.testing.assert_allclose(there, back, rtol=1e-12)


@compiled
def test_a_series_is_its_own_nearest_neighbour_at_distance_zero():
    series = draw_series(np.random.default_rng(2), 8, channels=3)
    result = find_nearest(series, series, 0.1)
    assert result.rows.tolist() == list(range(8))
    assert not result.distances.any()


@compiled
def test_a_shifted_peak_is_nearer_than_a_flat_line_within_the_window():
    peak, shifted, flat = np.zeros((3, 20, 1), np.float32)
    peak[5], shifted[9] = 1, 1
    assert find_nearest([peak], [flat, shifted], 0.0).rows == [0]
    assert find_nearest([peak], [flat, shifted], 0.2).rows == [1]


@compiled
def test_the_first_of_equally_near_candidates_is_returned():
    series = draw_series(np.random.default_rng(3), 3, channels=1)
    assert find_nearest(series[:1], [series[1], series[0], series[0]], 0.1).rows == [1]


@compiled
def test_without_candidates_no_neighbour_is_found():
    series = draw_series(np.random.default_rng(4), 2, channels=2)
    alone = find_nearest(series[:1], series[:1], 0.1, np.array([0]))
    assert (alone.rows.tolist(), alone.distances.tolist()) == ([-1], [np.inf])
    assert find_nearest(series, [], 0.1).rows.tolist() == [-1, -1]
    assert find_nearest([], series, 0.1, channels=2).rows.tolist() == []


@compiled
def test_the_number_of_threads_does_not_change_the_results():
    random = np.random.default_rng(5)
    queries, candidates = draw_series(random, 200, channels=2, longest=30), draw_series(random, 20, channels=2)
    together = find_nearest(queries, candidates, 0.2)
    alone = [find_nearest([query], candidates, 0.2) for query in queries]
    np.testing.assert_array_equal(together.rows, np.concatenate([one.rows for one in alone]))
    np.testing.assert_array_equal(together.distances, np.concatenate([one.distances for one in alone]))


@compiled
@pytest.mark.parametrize("window", [-0.1, 1.1, np.nan])
def test_a_window_outside_the_unit_interval_raises_an_error(window):
    series = draw_series(np.random.default_rng(6), 2, channels=1)
    with pytest.raises(ValueError, match=r"DTW kernel got invalid inputs: .*window must be in \[0, 1\]"):
        find_nearest(series, series, window)


@compiled
def test_empty_series_and_differing_channels_raise_an_error():
    one = np.zeros((2, 1), np.float32)
    with pytest.raises(ValueError, match="each series must have at least one step"):
        find_nearest([one], [one[:0]], 0.1)
    with pytest.raises(ValueError, match="must have the same channels"):
        dtw.nearest(dtw.pack([one], 1), dtw.pack([np.zeros((2, 3), np.float32)], 3), 0.1)
