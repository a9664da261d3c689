import pytest

from syntagma.data.texts.doubts import warnings_of
from syntagma.data.texts.table import TextTable


def test_sound_rows_need_no_warning():
    assert warnings_of(TextTable(["good", "bad", "fine", "poor"], labels=["+", "-", "+", "-"])) == []
    assert warnings_of(TextTable(["good", "good"])) == []


def test_empty_texts_are_counted():
    table = TextTable(["good", "", " \n", "fine"], labels=["+", "-", "+", "-"], source="a.csv")
    assert warnings_of(table) == ["a.csv: 2 of 4 texts are empty"]


def test_labels_that_differ_only_in_case_or_space_are_named():
    labels = ["Positiv", "positiv", "neg", "positiv", " neg", "neg", "Positiv", " neg", 1, 1]
    assert warnings_of(TextTable([f"text {row}" for row in range(10)], labels=labels)) == [
        "texts: labels that differ only in case, space or how they are encoded are different labels: "
        "'Positiv' (2) / 'positiv' (2), ' neg' (2) / 'neg' (2)"
    ]


def test_labels_of_a_single_row_are_counted_and_the_first_are_named():
    labels = [*"aabcdefgh"]
    assert warnings_of(TextTable(labels, labels=labels)) == [
        "texts: 7 labels have a single row each to learn from: 'b', 'c', 'd', 'e', 'f' and 2 more"
    ]
    assert warnings_of(TextTable(["x", "y", "z"], labels=[("a", "b"), (), ("a",)])) == [
        "texts: 1 label has a single row to learn from: 'b'"
    ]


@pytest.mark.parametrize(
    ("labels", "doubt"),
    [
        (['"good"', '"bad"'], "all labels are in quotes, such as '\"good\"'; --quoted reads fields"),
        (["100", "010", "001"], "labels such as '100' look like 0 or 1 for each of several labels"),
        (["good", "NaN", "bad"], "labels that other programs write for a missing value: 'NaN' (2)"),
    ],
)
def test_labels_that_other_programs_write_otherwise_are_doubted(labels, doubt):
    found = warnings_of(TextTable(["x"] * 2 * len(labels), labels=labels * 2))
    assert len(found) == 1
    assert doubt in found[0]


@pytest.mark.parametrize("labels", [["10", "11"], ["a", '"b"'], ["none", "some"], ["0", "1"]])
def test_labels_that_only_look_a_little_odd_are_not_doubted(labels):
    assert warnings_of(TextTable(["x"] * 4, labels=labels * 2)) == []


def test_labels_that_share_a_part_look_like_several():
    found = warnings_of(TextTable(["x"] * 4, labels=["waste; parks", "roads; parks"] * 2))
    assert "labels such as 'roads; parks' look like several labels; --label-separator ';' reads them so" in found[0]
    assert warnings_of(TextTable(["x"] * 4, labels=["Paris, Texas", "Austin, Texas"] * 2)) == []
