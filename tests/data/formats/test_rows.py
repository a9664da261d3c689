"""Raw rows, before roles are assigned to columns."""

import time

from syntagma.data.formats.rows import RawRows


def test_rows_may_have_different_columns():
    rows = RawRows()
    rows.add({"text": "a", "label": 1}, 3)
    rows.add({"label": 2, "id": None}, 7)
    rows.add({}, 8)
    assert rows.columns == {"text": ["a", None, None], "label": [1, 2, None], "id": [None, None, None]}
    assert list(rows.columns) == ["text", "label", "id"]
    assert (rows.places, rows.words) == ([3, 7, 8], {})


def test_columns_with_a_value_per_word_are_kept_separately():
    rows = RawRows()
    rows.add_words({"tokens": ["In", "Rome"], "tags": ["O", "B"]}, {"id": 7, "topics": ["x", "y"]}, 1)
    rows.add_words({"tokens": ["Yes"], "tags": ["O"], "pos": ["X"]}, {"text": "Yes"}, 4)
    assert rows.words == {"tokens": [["In", "Rome"], ["Yes"]], "tags": [["O", "B"], ["O"]], "pos": [None, ["X"]]}
    assert rows.columns == {"id": [7, None], "topics": [["x", "y"], None], "text": [None, "Yes"]}
    assert rows.places == [1, 4]


def test_a_row_column_and_a_word_column_may_share_a_name():
    rows = RawRows()
    rows.add_words({"1": ["In"], "2": ["O"]}, {"1": "fact", "id": "7"}, 1)
    assert rows.words == {"1": [["In"]], "2": [["O"]]}
    assert rows.columns == {"1": ["fact"], "id": ["7"]}


def test_adding_a_row_takes_constant_time():
    rows, started = RawRows(), time.monotonic()
    for number in range(50_000):
        rows.add_words({"tokens": ["a"], "tags": ["O"]}, {"text": "a", "label": "x", "id": number}, number)
    assert time.monotonic() - started < 4  # a fiftieth of that on a quiet machine
    assert len(rows.columns["id"]) == len(rows.words["tags"]) == 50_000


def test_instances_do_not_share_rows():
    first, second = RawRows(), RawRows()
    first.add_words({"tokens": ["a"]}, {}, 1)
    assert (second.columns, second.places, second.words) == ({}, [], {})
