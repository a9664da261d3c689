"""Tests of tables of series: checks of shapes, equal rows, selection of rows."""

import numpy as np
import pytest

from syntagma.data.series.table import SeriesTable
from syntagma.data.tables.splits import split_corpus, split_rows
from syntagma.data.tables.table import Corpus
from syntagma.errors import DataError


def ragged(count: int, channels: int = 3, seed: int = 0) -> list[np.ndarray]:
    draw = np.random.default_rng(seed)
    return [draw.normal(size=(2 + row % 5, channels)).astype(np.float32) for row in range(count)]


def test_rows_of_different_lengths_have_lengths_channels_and_a_repr():
    table = SeriesTable(ragged(4), labels=["a", "b", "a", "b"])
    assert (len(table), table.lengths, table.channels) == (4, [2, 3, 4, 5], ("1", "2", "3"))
    assert repr(table) == "SeriesTable('series': 4 rows)"


def test_selected_rows_keep_their_order_labels_columns_and_channels():
    table = SeriesTable(
        ragged(4), labels=list("abcd"), columns={"id": [7, 8, 9, 10]}, channels=("x", "y", "z"), lines=[1, 2, 3, 4]
    )
    chosen = table.select([2, 0])
    assert (chosen.labels, chosen.columns, chosen.lines, chosen.channels) == (
        ["c", "a"],
        {"id": [9, 7]},
        [3, 1],
        table.channels,
    )
    np.testing.assert_array_equal(chosen.series[0], table.series[2])
    assert len(table.select([])) == 0


def test_keys_are_equal_only_for_equal_values_and_shapes():
    nan = np.float32(np.nan)
    other_nan = np.frombuffer(np.array([0x7FC00001], dtype=np.uint32).tobytes(), dtype=np.float32)[0]
    rows = [
        np.array([[0.0], [1.0], [nan]], np.float32),
        np.array([[-0.0], [1.0], [other_nan]], np.float32),
        np.array([[0.0], [nan], [1.0]], np.float32),
        np.array([[0.0], [1.0]], np.float32),
    ]
    keys = SeriesTable(rows).keys
    assert keys[0] == keys[1]
    assert len(set(keys)) == 3
    zeros = [SeriesTable([np.zeros(shape, np.float32)]).keys[0] for shape in [(2, 3), (3, 2), (6, 1)]]
    assert len(set(zeros)) == 3


def test_equal_or_missing_series_are_detected():
    one = np.ones((2, 2), np.float32)
    assert SeriesTable([one, one]).common_property() == "equal"
    assert SeriesTable([one, 2 * one]).common_property() is None
    assert SeriesTable([one * np.nan, one[:1] * np.nan]).common_property() == "without a value"


def test_equal_series_cannot_be_split():
    table = SeriesTable([np.ones((2, 2), np.float32)] * 12, labels=["a", "b"] * 6)
    with pytest.raises(DataError, match=r"all 12 series are equal. If 'values' is not the column of the series, name"):
        split_rows(table, 0, {"dev": 0.2})


def test_equal_series_stay_in_one_split():
    rows = ragged(40)
    table = SeriesTable(rows + rows, labels=["a", "b"] * 40)
    corpus = split_corpus(Corpus("mine", {"train": table}), seed=3)
    sides = [set(corpus[split].keys) for split in corpus]
    assert sum(map(len, sides)) == len(set.union(*sides)) == 40
    assert sum(len(corpus[split]) for split in corpus) == 80


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([[[1.0]]], r"series, row 1: a series must be a float32 array; got list"),
        ([np.zeros((2, 1))], r"row 1: a series must be a float32 array; got float64"),
        (
            [np.zeros((2, 1), np.float32), np.zeros(3, np.float32)],
            r"row 2: a series must have shape \(steps, channels\); got \(3,\)",
        ),
        ([np.zeros((2, 1), np.float32), np.zeros((0, 1), np.float32)], r"row 2: a series needs at least one step"),
        ([np.zeros((2, 1), np.float32), np.zeros((2, 4), np.float32)], r"row 2: .* got 4, but expected 1 channel\."),
        ([np.zeros((2, 0), np.float32)], r"row 1: all series need the same channels, at least one; got 0"),
        ([np.array([[0, 1], [2, -np.inf]], np.float32)], r"row 1: .*got -inf at step 2 of channel 2\."),
    ],
)
def test_a_row_that_cannot_be_a_series_is_an_error(rows, message):
    with pytest.raises(DataError, match=message):
        SeriesTable(rows)


def test_channel_names_must_be_unique_and_match_the_series():
    with pytest.raises(DataError, match=r"names of channels must differ; got x, x\."):
        SeriesTable([np.zeros((2, 2), np.float32)], channels=("x", "x"))
    with pytest.raises(DataError, match=r"got 2, but expected 3 channels"):
        SeriesTable([np.zeros((2, 2), np.float32)], channels=("x", "y", "z"))
    with pytest.raises(DataError, match=r"1 series need the same number of labels; got 2"):
        SeriesTable([np.zeros((2, 2), np.float32)], labels=["a", "b"])
