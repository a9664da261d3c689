import pytest

from syntagma.data.texts.data_warnings import find_warnings
from syntagma.data.texts.table import TextTable


def test_there_are_no_warnings_about_good_data():
    assert find_warnings(TextTable(["good", "bad", "fine", "poor"], labels=["+", "-", "+", "-"])) == []
    assert find_warnings(TextTable(["good", "good"])) == []


def test_empty_texts_are_counted():
    table = TextTable(["good", "", " \n", "fine"], labels=["+", "-", "+", "-"], source="a.csv")
    assert find_warnings(table) == ["a.csv: 2 of 4 texts are empty"]


def test_labels_that_differ_only_in_case_or_space_are_listed():
    labels = ["Positiv", "positiv", "neg", "positiv", " neg", "neg", "Positiv", " neg", 1, 1]
    assert find_warnings(TextTable([f"text {row}" for row in range(10)], labels=labels)) == [
        "texts: labels that differ only in case, white space or Unicode form are different labels: "
        "'Positiv' (2) / 'positiv' (2), ' neg' (2) / 'neg' (2)"
    ]


def test_labels_with_a_single_row_are_counted_and_the_first_are_listed():
    labels = [*"aabcdefgh"]
    assert find_warnings(TextTable(labels, labels=labels)) == [
        "texts: 7 labels have a single row each to learn from: 'b', 'c', 'd', 'e', 'f' and 2 more"
    ]
    assert find_warnings(TextTable(["x", "y", "z"], labels=[("a", "b"), (), ("a",)])) == [
        "texts: 1 label has a single row to learn from: 'b'"
    ]


@pytest.mark.parametrize(
    ("labels", "doubt"),
    [
        (['"good"', '"bad"'], "all labels are in quotes, such as '\"good\"'; use --quoted"),
        (["100", "010", "001"], "labels such as '100' look like label indicators"),
        (["good", "NaN", "bad"], "labels that usually denote a missing value: 'NaN' (2)"),
    ],
)
def test_quoted_encoded_and_missing_labels_are_warned_about(labels, doubt):
    found = find_warnings(TextTable(["x"] * 2 * len(labels), labels=labels * 2))
    assert len(found) == 1
    assert doubt in found[0]


@pytest.mark.parametrize("labels", [["10", "11"], ["a", '"b"'], ["none", "some"], ["0", "1"]])
def test_slightly_unusual_labels_are_not_warned_about(labels):
    assert find_warnings(TextTable(["x"] * 4, labels=labels * 2)) == []


def test_labels_that_share_a_part_look_like_several_labels():
    found = find_warnings(TextTable(["x"] * 4, labels=["waste; parks", "roads; parks"] * 2))
    assert "labels such as 'roads; parks' look like several labels; split them with --label-separator ';'" in found[0]
    assert find_warnings(TextTable(["x"] * 4, labels=["Paris, Texas", "Austin, Texas"] * 2)) == []
