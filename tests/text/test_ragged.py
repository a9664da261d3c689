import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from syntagma.text.ragged import Ragged

ROWS = st.lists(st.lists(st.integers(0, 2**31 - 1), max_size=5), max_size=6)


def as_lists(ragged: Ragged) -> list[list[int]]:
    return [ragged.row(index).tolist() for index in range(ragged.rows)]


@given(rows=ROWS)
@settings(max_examples=50, deadline=None)
def test_rows_are_stored_unchanged(rows):
    ragged = Ragged.from_rows(rows)
    assert as_lists(ragged) == rows
    assert ragged.rows == len(rows)
    assert ragged.lengths.tolist() == [len(row) for row in rows]
    assert (ragged.values.dtype, ragged.offsets.dtype, ragged.lengths.dtype) == (np.int32, np.int64, np.int64)


@given(rows=ROWS, data=st.data())
@settings(max_examples=50, deadline=None)
def test_select_returns_the_given_rows_in_order(rows, data):
    count = len(rows)
    indices = data.draw(st.lists(st.integers(-count, count - 1), max_size=8)) if rows else []
    assert as_lists(Ragged.from_rows(rows).select(indices)) == [rows[index] for index in indices]


@given(parts=st.lists(ROWS, max_size=3))
@settings(max_examples=50, deadline=None)
def test_concatenate_joins_the_rows_of_all_parts(parts):
    joined = Ragged.concatenate(Ragged.from_rows(part) for part in parts)
    assert as_lists(joined) == [row for part in parts for row in part]


def test_a_negative_index_counts_from_the_end():
    assert Ragged.from_rows([[1], [2, 3]]).row(-1).tolist() == [2, 3]


def test_from_lengths_splits_values_into_rows():
    ragged = Ragged.from_lengths(np.array([7, 8, 9], dtype=np.int32), np.array([1, 0, 2]))
    assert as_lists(ragged) == [[7], [], [8, 9]]


@given(rows=ROWS, numbers=st.lists(st.lists(st.integers(0, 99), max_size=4), max_size=5))
def test_expand_replaces_numbers_with_rows(rows, numbers):
    numbers = [[number % len(rows) for number in row] if rows else [] for row in numbers]
    expanded = Ragged.from_rows(rows).expand(Ragged.from_rows(numbers))
    assert expanded.rows == len(numbers)
    for index, row in enumerate(numbers):
        assert expanded.row(index).tolist() == [value for number in row for value in rows[number]]


@given(ROWS)
def test_lists_and_arrays_become_the_same_rows(rows):
    lists, arrays = Ragged.from_rows(rows), Ragged.from_rows([np.array(row, np.int64) for row in rows])
    assert lists.values.tolist() == arrays.values.tolist()
    assert lists.offsets.tolist() == arrays.offsets.tolist()
    assert lists.values.dtype == arrays.values.dtype == np.int32
