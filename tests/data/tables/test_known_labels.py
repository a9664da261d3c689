import pytest

from syntagma.data.tables.known_labels import handle_unknown_labels, label_names
from syntagma.data.texts.table import TextTable
from syntagma.errors import DataError


def test_a_table_with_known_labels_is_returned_unchanged():
    table = TextTable(["a", "b"], labels=[1, 2])
    assert handle_unknown_labels(table, {"1", "2"}) is table


def test_an_unknown_label_is_an_error_with_file_and_line():
    table = TextTable(["a", "b"], labels=["x", "new"], lines=[2, 5], source="test.csv")
    with pytest.raises(DataError, match=r"^test\.csv:5: the label 'new' does not occur in .*Known labels: x, y\.$"):
        handle_unknown_labels(table, {"x", "y"})


def test_rows_without_lines_are_identified_by_their_number():
    with pytest.raises(DataError, match="row 2 has the label 'new'"):
        handle_unknown_labels(TextTable(["a", "b"], labels=["x", "new"]), {"x"})


def test_one_unknown_label_among_several_is_an_error():
    with pytest.raises(DataError, match="label 'new'"):
        handle_unknown_labels(TextTable(["a", "b"], labels=[("x",), ("x", "new")]), {"x"})


def test_rows_with_unknown_labels_are_skipped_on_request(loud, capsys):
    table = TextTable(["a", "b", "c"], labels=["x", "new", "x"], source="test.csv")
    assert handle_unknown_labels(table, {"x"}, "skip").texts == ["a", "c"]
    assert capsys.readouterr().err == "test.csv: skipped 1 of 3 rows, whose labels do not occur in training.\n"


def test_skipping_all_rows_is_an_error():
    with pytest.raises(DataError, match=r"no row has a label of the training rows: x\."):
        handle_unknown_labels(TextTable(["a"], labels=["new"]), {"x"}, "skip")


def test_label_names_of_single_and_multiple_labels():
    assert label_names([1, "a", ("b", 2), ()]) == {"1", "2", "a", "b"}
