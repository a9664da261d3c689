import pytest

from syntagma.data.tables.known_labels import label_names, with_known_labels
from syntagma.data.texts.table import TextTable
from syntagma.errors import DataError


def test_known_labels_leave_the_table_as_it_is():
    table = TextTable(["a", "b"], labels=[1, 2])
    assert with_known_labels(table, {"1", "2"}) is table


def test_an_unknown_label_is_named_with_file_and_line():
    table = TextTable(["a", "b"], labels=["x", "new"], lines=[2, 5], source="test.csv")
    with pytest.raises(DataError, match=r"^test\.csv:5: the label 'new' stands in no training row\. .*known: x, y\.$"):
        with_known_labels(table, {"x", "y"})


def test_rows_without_lines_are_named_by_their_number():
    with pytest.raises(DataError, match="row 2 has the label 'new'"):
        with_known_labels(TextTable(["a", "b"], labels=["x", "new"]), {"x"})


def test_one_unknown_label_of_several_is_enough():
    with pytest.raises(DataError, match="label 'new'"):
        with_known_labels(TextTable(["a", "b"], labels=[("x",), ("x", "new")]), {"x"})


def test_rows_with_unknown_labels_are_left_out_on_request(loud, capsys):
    table = TextTable(["a", "b", "c"], labels=["x", "new", "x"], source="test.csv")
    assert with_known_labels(table, {"x"}, "skip").texts == ["a", "c"]
    assert capsys.readouterr().err == "test.csv: 1 of 3 rows are left out: the training rows lack their labels.\n"


def test_a_table_of_which_nothing_would_be_left_is_an_error():
    with pytest.raises(DataError, match=r"no row has a label that the training rows have: x\."):
        with_known_labels(TextTable(["a"], labels=["new"]), {"x"}, "skip")


def test_names_of_one_and_of_several_labels():
    assert label_names([1, "a", ("b", 2), ()]) == {"1", "2", "a", "b"}
