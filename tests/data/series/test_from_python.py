"""Tests of series passed from Python: arrays, lists and nested lists."""

import numpy as np
import pandas
import pytest

from syntagma.data.series.from_python import series_table
from syntagma.data.series.table import SeriesTable
from syntagma.data.texts.table import TextTable
from syntagma.errors import DataError

DRAW = np.random.default_rng(5)


def same(table: SeriesTable, rows) -> bool:
    return len(table) == len(rows) and all(
        one.dtype == np.float32 and np.array_equal(one, np.asarray(two, np.float32), equal_nan=True)
        for one, two in zip(table.series, rows, strict=True)
    )


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16, np.int64, np.uint8, np.bool_])
def test_an_array_has_the_axes_rows_steps_channels(dtype):
    array = (10 * DRAW.random((3, 4, 2))).astype(dtype)
    assert same(series_table(array), list(array))
    assert same(series_table(array[:, :, 0]), [row[:, :1] for row in array])


def test_lists_of_ragged_arrays_nested_lists_and_object_arrays_are_equivalent():
    rows = [DRAW.normal(size=(steps, 2)).astype(np.float32) for steps in (1, 4, 2)]
    packed = np.empty(3, dtype=object)
    packed[:] = rows
    for given in (rows, tuple(rows), [row.tolist() for row in rows], packed, pandas.Series(list(rows)), iter(rows)):
        assert same(series_table(given), rows)
    flat = [[1, 2.5], [3], [4, None, float("nan")]]
    assert same(series_table(flat), [[[1], [2.5]], [[3]], [[4], [np.nan], [np.nan]]])
    assert same(series_table(np.array([[1, None], [2, 3]], dtype=object)), [[[1], [np.nan]], [[2], [3]]])
    assert same(series_table(pandas.DataFrame({"a": [1.0, 2.0], "b": [3.0, 4.0]})), [[[1], [3]], [[2], [4]]])


def test_a_step_may_be_one_value_in_some_rows_and_a_vector_of_one_in_others():
    assert same(series_table([[1, 2], [[3], [4]]]), [[[1], [2]], [[3], [4]]])


def test_the_values_are_a_copy():
    array = np.ones((2, 3, 1), np.float32)
    table = series_table(array)
    array[:] = 7
    assert table.series[0].max() == 1


def test_a_table_is_returned_unchanged_with_its_labels():
    table = series_table([[1, 2], [3]], np.array([0, 1]))
    assert table.labels == [0, 1]
    assert series_table(table) is table
    with pytest.raises(DataError, match=r"the table already contains labels; leave out the second argument\."):
        series_table(table, [0, 1])


@pytest.mark.parametrize(
    ("X", "message"),
    [
        ("abc", r"series must be a list or an array; got str"),
        ({"a": 1}, r"series must be a list or an array; got dict"),
        (5, r"series must be a list or an array; got int"),
        (np.array(5.0), r"must have shape \(rows, steps, channels\) or \(rows, steps\); got \(\)"),
        (np.zeros((2, 2, 2, 2)), r"must have shape \(rows, steps, channels\) or \(rows, steps\); got \(2, 2, 2, 2\)"),
        ([1.0, 2.0], r"a list of series is needed; got a single one.*\[series\]"),
        (TextTable(["a"]), r"series must be numbers; got a TextTable, which contains texts"),
        ([[1.0], []], r"row 1 has no steps; rows are counted from 0"),
        ([[1.0], ["1"]], r"row 1 must be numbers of shape .*rows are counted from 0\); got \['1'\]"),
        (np.array([[1.0, "x"]], dtype=object), r"row 0 must be numbers .*; it contains strings"),
        ([[[1.0, 2.0], [3.0]]], r"row 0 must be numbers .*its steps have different numbers of channels"),
        ([np.zeros((2, 2)), np.zeros((2, 3))], r"same number of channels; row 0 has 2, row 1 has 3"),
        ([[1.0], [2.0, float("inf")]], r"row 1 contains inf, which is infinite or too large"),
        ([[1e39, float("nan")]], r"row 0 contains 1e\+39, which is infinite or too large"),
        ([np.zeros((2, 0))], r"row 0 must have shape \(steps, channels\) or \(steps,\); got \(2, 0\)"),
        ([[[[1.0]]]], r"row 0 must have shape .*got \(1, 1, 1\)"),
        ([np.array([1j])], r"row 0 must be numbers .*complex128"),
        ([np.array([[1.0], [object()]], dtype=object)], r"row 0 must be numbers .*got array"),
    ],
)
def test_invalid_series_are_an_error_that_names_the_row(X, message):
    with pytest.raises(DataError, match=message):
        series_table(X)


def test_labels_are_one_per_series():
    with pytest.raises(DataError, match=r"each series needs one label; got 2 series and 1 labels"):
        series_table([[1.0], [2.0]], ["a"])
    with pytest.raises(DataError, match=r"labels: a series has exactly one label"):
        series_table([[1.0]], [["a", "b"]])
    with pytest.raises(DataError, match=r"row 1 has no label"):
        series_table([[1.0], [2.0]], ["a", None])


def test_an_empty_list_is_allowed_without_labels_only():
    assert len(series_table([])) == 0
    with pytest.raises(DataError, match="series: there are none; at least one is needed"):
        series_table([], [])
