"""Rows as a file has them, before it is known which column has which role."""

import time

from syntagma.data.formats.rows import RawRows


def test_columns_may_come_and_go_from_row_to_row():
    rows = RawRows()
    rows.add({"text": "a", "label": 1}, 3)
    rows.add({"label": 2, "id": None}, 7)
    rows.add({}, 8)
    assert rows.columns == {"text": ["a", None, None], "label": [1, 2, None], "id": [None, None, None]}
    assert list(rows.columns) == ["text", "label", "id"]
    assert (rows.places, rows.words) == ([3, 7, 8], {})


def test_rows_of_words_know_which_columns_have_a_value_per_word():
    rows = RawRows()
    rows.add_words({"tokens": ["In", "Rome"], "tags": ["O", "B"]}, {"id": 7, "topics": ["x", "y"]}, 1)
    rows.add_words({"tokens": ["Yes"], "tags": ["O"], "pos": ["X"]}, {"text": "Yes"}, 4)
    assert rows.words == {"tokens": [["In", "Rome"], ["Yes"]], "tags": [["O", "B"], ["O"]], "pos": [None, ["X"]]}
    assert rows.columns == {"id": [7, None], "topics": [["x", "y"], None], "text": [None, "Yes"]}
    assert rows.places == [1, 4]


def test_a_fact_and_words_may_have_one_name():
    rows = RawRows()
    rows.add_words({"1": ["In"], "2": ["O"]}, {"1": "fact", "id": "7"}, 1)
    assert rows.words == {"1": [["In"]], "2": [["O"]]}
    assert rows.columns == {"1": ["fact"], "id": ["7"]}


def test_a_row_costs_the_same_however_many_there_are():
    rows, started = RawRows(), time.monotonic()
    for number in range(50_000):
        rows.add_words({"tokens": ["a"], "tags": ["O"]}, {"text": "a", "label": "x", "id": number}, number)
    assert time.monotonic() - started < 4  # a fiftieth of that on a quiet machine
    assert len(rows.columns["id"]) == len(rows.words["tags"]) == 50_000


def test_rows_of_several_readers_are_not_mixed():
    first, second = RawRows(), RawRows()
    first.add_words({"tokens": ["a"]}, {}, 1)
    assert (second.columns, second.places, second.words) == ({}, [], {})
