"""Tests of windows over long texts."""

import numpy as np
import pytest

from syntagma.data.batching.rows import Rows
from syntagma.data.batching.windows import split_into_windows
from syntagma.text.ngrams import CountedNgrams
from syntagma.text.ragged import Ragged


def rows_of(*lengths, weights=None):
    tokens = Ragged.from_rows([range(10, 10 + length) for length in lengths])
    ngrams = Ragged.from_rows([[number + 1] for number in range(len(lengths))])
    per_row = {"labels": np.arange(len(lengths)), **({} if weights is None else {"weights": weights})}
    return Rows(tokens, {"ngram": CountedNgrams(ngrams, ngrams)}, per_row)


@pytest.mark.parametrize(
    ("length", "expected"),
    [(0, [0]), (3, [3]), (4, [2, 2]), (6, [3, 3]), (7, [2, 2, 3]), (8, [2, 3, 3]), (192, [3] * 64)],
)
def test_windows_are_few_and_of_similar_length(length, expected):
    windows = split_into_windows(rows_of(length), 3)
    assert windows.rows.tokens.lengths.tolist() == expected
    assert windows.rows.tokens.values.tolist() == list(range(10, 10 + length))


def test_each_window_has_the_label_and_the_ngrams_of_its_text():
    windows = split_into_windows(rows_of(2, 5, 0, 4), 3)
    assert windows.text_of.tolist() == [0, 1, 1, 2, 3, 3]
    assert windows.rows.per_row["labels"].tolist() == [0, 1, 1, 2, 3, 3]
    assert windows.rows.bags["ngram"].ids.values.tolist() == [1, 2, 2, 3, 4, 4]
    assert windows.rows.tokens.lengths.tolist() == [2, 2, 3, 0, 2, 2]


@pytest.mark.parametrize("weights", [None, np.array([1, 2, 3], np.float32)])
def test_the_weight_of_a_text_does_not_depend_on_its_number_of_windows(weights):
    windows = split_into_windows(rows_of(2, 30, 4, weights=weights), 3)
    of_text = np.bincount(windows.text_of, windows.rows.per_row["weights"])
    given = np.ones(3) if weights is None else weights
    assert of_text / of_text.sum() == pytest.approx(given / given.sum())
    assert windows.rows.per_row["weights"].mean() == pytest.approx(given.mean())


def test_values_are_averaged_per_text():
    windows = split_into_windows(rows_of(2, 7, 4), 3)
    values = np.array([[1, 5], [1, 0], [2, 0], [6, 3], [4, 4], [6, 0]], np.float32)
    assert windows.average(values).tolist() == [[1, 5], [3, 1], [5, 2]]


def test_short_rows_are_unchanged():
    rows = rows_of(3, 1)
    windows = split_into_windows(rows, 3)
    assert windows.rows is rows
    values = np.ones((2, 1), np.float32)
    assert windows.average(values) is values


def test_only_the_beginning_of_very_long_texts_is_read():
    windows = split_into_windows(rows_of(5, 300, 2), 3)
    assert np.bincount(windows.text_of).tolist() == [2, 64, 1]
    expected = [*range(10, 15), *range(10, 10 + 192), 10, 11]
    assert windows.rows.tokens.values.tolist() == expected


def test_no_rows_make_no_windows():
    windows = split_into_windows(rows_of(), 3)
    assert windows.average(np.zeros((0, 2), np.float32)).shape == (0, 2)
