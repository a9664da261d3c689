"""The nearest-neighbour baseline with dynamic time warping."""

import numpy as np
import pytest

from syntagma.evaluation.series import dtw
from syntagma.evaluation.series.dtw import (
    FIXED_WINDOW,
    MOST_ROWS,
    WINDOWS,
    affordable_windows,
    predict,
    smooth_accuracy,
)
from syntagma.kernels import dtw as kernel
from syntagma.kernels.dtw_numpy import dtw_distance
from syntagma.progress import quietly

pytestmark = pytest.mark.skipif(not kernel.is_available(), reason="installed without a compiler")


@pytest.fixture(autouse=True)
def quiet():
    with quietly():
        yield


def draw_peaks(random, rows, shift):
    """Draw noisy series of 40 steps with one peak or two, depending on the class, moved by up to `shift` steps."""
    gold = np.arange(rows) % 2
    series = random.normal(0, 0.05, (rows, 40, 1))
    for one, label in zip(series, gold, strict=True):
        start = 12 + random.integers(-shift, shift + 1)
        one[start] += 1
        one[start + 5] += label
    return list(series.astype(np.float32)), gold


@pytest.fixture
def choices(monkeypatch):
    """Record the windows that are chosen."""
    windows = []
    original = dtw._choose_window

    def choose(*arguments):
        windows.append(original(*arguments))
        return windows[-1]

    monkeypatch.setattr(dtw, "_choose_window", choose)
    return windows


def test_each_series_gets_the_label_of_its_nearest_training_series():
    random = np.random.default_rng(0)
    train, test = ([random.normal(size=(random.integers(1, 15), 2)).astype(np.float32) for _ in range(9)] for _ in "ab")
    gold = np.array([0, 1, 2, 2, 1, 0, 0, 1, 2])
    steps = np.concatenate(train)
    scaled = lambda one: (one - steps.mean(axis=0)) / steps.std(axis=0)  # noqa: E731
    window = dtw._choose_window(
        [scaled(one).astype(np.float32) for one in train], gold, WINDOWS, dtw.Progress("x")
    ).window
    expected = [gold[np.argmin([dtw_distance(scaled(a), scaled(b), window) for b in train])] for a in test]
    assert predict(train, gold, 3, {"test": test})["test"].argmax(axis=1).tolist() == expected


def test_the_window_is_as_wide_as_the_training_series_need(choices):
    for shift in (0, 4):
        train, gold = draw_peaks(np.random.default_rng(1), 30, shift)
        test, truth = draw_peaks(np.random.default_rng(2), 20, shift)
        p = predict(train, gold, 2, {"test": test})["test"]
        assert (p.argmax(axis=1) == truth).mean() > 0.9
    assert choices[0].window == 0
    assert choices[1].window >= 0.05


def test_the_window_does_not_depend_on_the_predicted_series(choices):
    train, gold = draw_peaks(np.random.default_rng(3), 20, 3)
    other, _ = draw_peaks(np.random.default_rng(4), 10, 0)
    first = predict(train, gold, 2, {"test": other})["test"]
    both = predict(train, gold, 2, {"test": other, "dev": [one * 50 for one in train]})
    assert choices[0] == choices[1]
    np.testing.assert_array_equal(first, both["test"])


def test_the_leave_one_out_accuracy_is_the_probability_of_the_nearest_label(choices):
    train, gold = draw_peaks(np.random.default_rng(5), 21, 2)
    p = predict(train, gold, 3, {"test": train})["test"]
    nearest = (choices[0].correct + 1) / 24
    np.testing.assert_allclose(p[np.arange(21), gold], nearest, rtol=1e-6)
    np.testing.assert_allclose(np.sort(p, axis=1)[:, :2], (1 - nearest) / 2, rtol=1e-6)


@pytest.mark.parametrize(
    ("right", "rows", "classes", "expected"), [(9, 10, 2, 10 / 12), (0, 1, 5, 0.202), (0, 50, 2, 0.505), (3, 3, 1, 1)]
)
def test_the_nearest_label_stays_the_most_probable(right, rows, classes, expected):
    assert smooth_accuracy(right, rows, classes) == pytest.approx(expected)


def test_the_unit_of_a_channel_does_not_matter():
    train, gold = draw_peaks(np.random.default_rng(6), 20, 2)
    test, truth = draw_peaks(np.random.default_rng(7), 20, 2)
    noise = np.random.default_rng(8)

    def with_loud_channel(rows):
        return [np.concatenate([one, 1e6 * noise.normal(5, 0.02, one.shape)], axis=1, dtype=np.float32) for one in rows]

    def with_constant_channel(rows):
        return [np.concatenate([one, np.full_like(one, 3)], axis=1) for one in rows]

    plain = predict(train, gold, 2, {"test": test})["test"]
    np.testing.assert_array_equal(
        predict(with_constant_channel(train), gold, 2, {"test": with_constant_channel(test)})["test"], plain
    )
    loud = predict(with_loud_channel(train), gold, 2, {"test": with_loud_channel(test)})["test"]
    assert (loud.argmax(axis=1) == truth).mean() > 0.6


def test_missing_values_are_interpolated():
    train, gold = draw_peaks(np.random.default_rng(9), 20, 2)
    missing = [one.copy() for one in train]
    for one in missing:
        one[[0, 30, 31, 39]] = np.nan
    p = predict(missing, gold, 2, {"test": train, "odd": [np.full((4, 1), np.nan, np.float32), train[0][:0]]})
    assert (p["test"].argmax(axis=1) == gold).all()
    assert np.isfinite(p["odd"]).all()
    np.testing.assert_array_equal(p["odd"][0], p["odd"][1])


def test_series_of_one_step_and_more_classes_than_rows():
    train = [np.array([[value]], np.float32) for value in (0, 1, 5)]
    p = predict(train, np.array([6, 2, 4]), 7, {"test": [train[1], np.array([[4.0], [5.5]], np.float32)], "no": []})
    assert p["test"].argmax(axis=1).tolist() == [2, 4]
    np.testing.assert_allclose(p["test"].sum(axis=1), 1, rtol=1e-6)
    assert p["no"].shape == (0, 7)


def test_one_training_series_labels_everything():
    one = np.ones((3, 1), np.float32)
    np.testing.assert_array_equal(predict([one], np.array([0]), 1, {"test": [one]})["test"], [[1.0]])


def test_long_series_get_the_fixed_window_and_very_long_ones_no_baseline():
    short, long, longest = ([np.broadcast_to(np.float32(0), (length, 1))] * 300 for length in (300, 3_000, 30_000))
    assert affordable_windows(short, {"test": short}) == WINDOWS
    assert affordable_windows(long, {"test": short}) == (FIXED_WINDOW,)
    assert affordable_windows(longest, {}) == ()
    assert affordable_windows(short, {"test": longest * 9}) == ()
    assert "too long" in dtw.reason_to_skip(longest, {})


def test_it_is_skipped_for_many_rows_and_without_the_native_library(monkeypatch):
    row = np.zeros((1, 1), np.float32)
    assert dtw.reason_to_skip([row] * MOST_ROWS, {"test": [row]}) == ""
    assert "more than 1,000" in dtw.reason_to_skip([row] * (MOST_ROWS + 1), {})
    monkeypatch.setattr(kernel.native, "library", lambda: None)
    assert "native library" in dtw.reason_to_skip([row], {})
