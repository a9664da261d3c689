"""Tests of overlapping windows over long rows, and of joining them."""

import numpy as np
import pytest

from syntagma.data.batching.rows import Rows
from syntagma.data.batching.token_windows import STARTS, cut_into_windows
from syntagma.text.ragged import Ragged


def rows(*lengths, starts=None):
    tokens = Ragged.from_rows([np.arange(length) + 100 * row for row, length in enumerate(lengths)])
    pairs = np.stack([tokens.values, tokens.values + 1], axis=1)
    per_token = {"twice": tokens.values * 2, "pairs": pairs, "tags": tokens.values % 7}
    return Rows(
        tokens, per_token=per_token if starts is None else {**per_token, STARTS: np.isin(tokens.values, starts)}
    )


@pytest.mark.parametrize(("width", "overlap"), [(10, 0), (10, 4), (7, 3), (10, 9), (1, 0)])
def test_joined_windows_equal_the_rows(width, overlap):
    given = rows(0, 3, 10, 11, 25, 64)
    windows = cut_into_windows(given, width, overlap)
    assert windows.rows.tokens.lengths.max() <= width
    joined = windows.join([windows.rows.tokens.row(place) for place in range(windows.rows.count)])
    assert [row.tolist() for row in joined] == [given.tokens.row(row).tolist() for row in range(given.count)]
    assert np.array_equal(windows.rows.per_token["twice"], windows.rows.tokens.values * 2)
    assert np.array_equal(windows.rows.per_token["pairs"][:, 1], windows.rows.tokens.values + 1)
    assert np.array_equal(windows.rows.per_token["tags"], windows.rows.tokens.values % 7)


def test_each_token_is_taken_from_the_window_where_it_is_farther_from_the_edge():
    windows = cut_into_windows(rows(18), width=10, overlap=4)
    assert windows.rows.tokens.row(1).tolist() == [6, 7, 8, 9, 10, 11, 12, 13, 14, 15]
    taken = [range(first, end) for first, end in zip(windows.first, windows.end, strict=True)]
    assert [len(one) for one in taken] == [8, 4, 6]
    assert (windows.first.tolist(), windows.end.tolist()) == ([0, 2, 4], [8, 6, 10])


def test_there_are_no_windows_without_rows():
    windows = cut_into_windows(rows(), 5, 2)
    assert windows.rows.count == 0
    assert windows.join([]) == []


@pytest.mark.parametrize(("width", "overlap"), [(100, 0), (10, 4), (3, 1)])
def test_no_window_extends_across_a_start(width, overlap):
    given = rows(0, 9, 30, 2, starts=[105, 200, 207, 220, 301])
    windows = cut_into_windows(given, width, overlap)
    pieces = [windows.rows.tokens.row(place).tolist() for place in range(windows.rows.count)]
    for start in (105, 207, 220, 301):
        assert not any(start in piece and start - 1 in piece for piece in pieces)
    joined = windows.join([np.array(piece) for piece in pieces])
    assert [row.tolist() for row in joined] == [given.tokens.row(row).tolist() for row in range(given.count)]
    assert np.array_equal(windows.rows.per_token["twice"], windows.rows.tokens.values * 2)
    assert STARTS not in windows.rows.per_token
    if width == 100:
        assert [len(piece) for piece in pieces] == [0, 5, 4, 7, 13, 10, 1, 1]
