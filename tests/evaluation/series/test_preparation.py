"""Interpolation of missing values, and standardisation."""

import numpy as np
import pytest

from syntagma.evaluation.series.preparation import Scale, interpolate

NAN = np.nan


@pytest.mark.parametrize(
    ("channel", "expected"),
    [
        ([1, NAN, NAN, 4], [1, 2, 3, 4]),
        ([NAN, 2, 3, NAN], [2, 2, 3, 3]),
        ([NAN, np.inf, 7, -np.inf], [7, 7, 7, 7]),
        ([NAN] * 4, [NAN] * 4),
        ([1, 2, 3, 4], [1, 2, 3, 4]),
    ],
)
def test_missing_values_are_interpolated_within_their_channel(channel, expected):
    other = [5, 6, NAN, 8]
    series = np.array([channel, other], np.float32).T
    before = series.copy()
    np.testing.assert_array_equal(interpolate(series).T, [expected, [5, 6, 7, 8]])
    np.testing.assert_array_equal(series, before)


def test_a_series_without_steps_has_one_missing_step():
    np.testing.assert_array_equal(interpolate(np.zeros((0, 2), np.float32)), [[NAN, NAN]])


def test_columns_are_standardised_with_known_training_values():
    values = np.array([[1.0, 3, NAN, 7e8], [3, 3, NAN, 7e8], [NAN, 3, NAN, 7e8]])
    scale = Scale.fit(values)
    np.testing.assert_allclose(scale.spread, [1, 0, 0, 0])
    np.testing.assert_allclose(scale.apply(values)[:, 0], [-1, 1, 0])
    np.testing.assert_array_equal(scale.apply(np.array([[2.0, 9, 9, 9]])), np.zeros((1, 4)))


def test_a_column_that_varies_only_by_rounding_is_constant():
    assert not Scale.fit(np.full((7, 1), 0.1) * 3e5).spread.any()
