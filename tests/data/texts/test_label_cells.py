"""Tests of label cells with several labels, or none."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import scipy.sparse

from syntagma import TextClassifier
from syntagma.data.options import ReadOptions
from syntagma.data.tables.label_cells import parse_list
from syntagma.data.tables.table import Corpus
from syntagma.data.texts.reading import read_corpus, read_table
from syntagma.data.texts.table import TextTable
from syntagma.errors import DataError
from syntagma.tasks.classification.task import TASK
from syntagma.tasks.labelling.arguments import as_matrix, convert_indicators

# These tests check the notes that are printed.
pytestmark = pytest.mark.usefixtures("loud")


@pytest.fixture
def write(tmp_path):
    def write(name: str, content: str) -> Path:
        (tmp_path / name).write_text(content, encoding="utf-8")
        return tmp_path / name

    return write


@pytest.fixture
def lines(write):
    return lambda *labels: write("a.jsonl", "".join(json.dumps({"text": "a", "labels": one}) + "\n" for one in labels))


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("['a', 'b']", ["a", "b"]),
        ('["a","b c"]', ["a", "b c"]),
        ("['a' 'b']", ["a", "b"]),  # as NumPy prints an array
        ("('a', 'b')", ["a", "b"]),
        ("{'a'}", ["a"]),
        ("[a, b c]", ["a", "b c"]),
        (r"['it\'s', \"x\"]".replace('\\"', '"'), ["it's", "x"]),
        ("[]", []),
        ("[1, 2]", ["1", "2"]),
        ("a, b", None),
        ("[a", None),
        ("[a] [b]", None),
        ("[['a'], ['b']]", None),
        ("[ 3 14]", ["3", "14"]),
        ("[0 1 0]", ["0", "1", "0"]),
        ("[0. 1.]", ["0.", "1."]),
        ("[rock'n'roll, pop]", ["rock'n'roll", "pop"]),
        ("set()", []),
        ("['a (b)', 'c']", ["a (b)", "c"]),
        ("", None),
    ],
)
def test_lists_written_as_text_are_parsed_without_being_evaluated(text, items):
    assert parse_list(text) == items


def test_a_column_of_lists_written_as_text_is_multilabel(write, capsys):
    path = write("a.csv", "text,labels\na,\"['x', 'y']\"\nb,['x']\nc,[]\n")
    assert read_table(path).labels == [("x", "y"), ("x",), ()]
    assert "the cells of 'labels' are read as lists of labels" in capsys.readouterr().err.replace("\n", " ")
    assert read_table(write("b.csv", "text,label\na,[x]\nb,y\n")).labels == ["[x]", "y"]  # not all of them


def test_lists_of_0_and_1_become_positions_or_names(lines, capsys):
    path = lines([1, 0, 0], [0, 1, 1], [0, 0, 0])
    assert read_table(path).labels == [("0",), ("1", "2"), ()]
    assert "named 0 to 2 after their positions" in capsys.readouterr().err.replace("\n", " ")
    named = ReadOptions(label_names=("waste", "roads", "parks"))
    assert read_table(path, named).labels == [("waste",), ("parks", "roads"), ()]
    with pytest.raises(DataError, match="have 3 positions; got 2 label names: a, b"):
        read_table(path, ReadOptions(label_names=("a", "b")))


@pytest.mark.parametrize("labels", [[[0], [1], [1]], [[0, 1], [1]], [[0, 2], [1, 3]]])
def test_lists_of_numbers_that_are_not_indicators_are_labels(lines, labels):
    assert read_table(lines(*labels)).labels == [tuple(map(str, one)) for one in labels]


def test_numbers_are_replaced_with_label_names(write):
    for rows in ("a,0\nb,1\n", "a,0.0\nb,1.0\n"):
        path = write("a.csv", f"text,label\n{rows}")
        assert read_table(path, ReadOptions(label_names=("neg", "pos"))).labels == ["neg", "pos"]
    with pytest.raises(DataError, match=r"a\.csv:3: the label '7' has no name; the names are neg, pos"):
        read_table(write("a.csv", "text,label\na,0\nb,7\n"), ReadOptions(label_names=("neg", "pos")))


def test_columns_of_0_and_1_are_label_indicators(write, capsys):
    content = "text,id,waste,roads\na,7,1,0\nb,8,1,1\nc,9,0,0\n"
    path = write("a.csv", content)
    for options in (ReadOptions(columns={"label": "waste,roads"}), ReadOptions()):
        table = read_table(path, options)
        assert (table.labels, table.name_of("label")) == ([("waste",), ("roads", "waste"), ()], "waste,roads")
    assert "label column 'waste,roads' (guessed" in capsys.readouterr().err.replace("\n", " ")
    bad = write("b.csv", content.replace("9,0,0", "9,0,x"))
    with pytest.raises(DataError, match=r"b\.csv:4: a label column must contain 0 or 1; 'roads' contains 'x'"):
        read_table(bad, ReadOptions(columns={"label": "waste,roads"}))


def test_several_columns_of_text_are_joined(write):
    table = read_table(write("a.csv", "title,body,label\nA,b c,x\n,d,y\n"), ReadOptions(columns={"text": "title,body"}))
    assert (table.texts, table.name_of("text")) == (["A\nb c", "d"], "title,body")
    assert table.columns == {"title": ["A", ""], "body": ["b c", "d"]}


def test_a_repeated_label_in_a_row_is_an_error(lines):
    with pytest.raises(DataError, match=r"a\.jsonl:2: 'labels' contains the label 'x' twice"):
        read_table(lines(["x", "y"], ["x", "x"]))
    with pytest.raises(DataError, match="labels: row 1: 'labels' contains the label 'x' twice"):
        TextClassifier("classify-bow").fit(["a", "b"], [["y"], ["x", "x"]])


def test_the_order_of_labels_in_a_row_does_not_matter(lines):
    assert read_table(lines(["b", "a"], ["a"])).labels == read_table(lines(["a", "b"], ["a"])).labels


def test_another_possible_label_column_is_noted(write, capsys):
    read_table(write("a.csv", "text,label,category\na,x,1\nb,y,2\n"))
    assert "'category' might be labels too; using 'label'" in capsys.readouterr().err.replace("\n", " ")


def test_rows_that_are_not_data_are_skipped(write, capsys):
    path = write("a.csv", "text,label\n---,:---:\na,x\ntext,label\nb,y\n,\n , \n")
    assert read_table(path).labels == ["x", "y"]
    said = capsys.readouterr().err.replace("\n", " ")
    assert "skipped 1 row that repeats the header: 4." in said
    assert "skipped 1 row that contains only dashes: 2." in said
    assert "skipped 2 rows that are empty: 6, 7." in said
    answers = [{"text": "a", "label": "x", "answer": answer} for answer in ("accept", "reject", "ignore")]
    path = write("b.jsonl", "\n".join(map(json.dumps, answers)))
    assert len(read_table(path)) == 1
    assert (
        "skipped 2 rows that an annotator rejected or ignored (column `answer`): 2, 3"
        in capsys.readouterr().err.replace("\n", " ")
    )
    assert len(read_table(path, labelled=False)) == 3  # as many answers as rows


def test_a_test_split_is_read_like_train(tmp_path):
    for split in ("train", "test"):
        (tmp_path / f"{split}.csv").write_text("text,a,b\nx,1,0\ny,0,1\n")
    corpus = read_corpus(tmp_path)
    assert corpus["test"].labels == [("a",), ("b",)]


def test_indicator_matrices_of_all_kinds_are_equivalent(capsys):
    rows = [[1, 0], [1, 1], [0, 0]]
    for matrix in (np.array(rows), rows, scipy.sparse.csr_matrix(rows), scipy.sparse.csr_array(rows)):
        np.testing.assert_array_equal(as_matrix(matrix), rows)
        assert convert_indicators(matrix) == [(0,), (0, 1), ()]
    assert convert_indicators(pd.DataFrame(rows, columns=["waste", "roads"])) == [("waste",), ("waste", "roads"), ()]
    with pytest.raises(DataError, match="a data frame of several columns must hold only 0 and 1"):
        convert_indicators(pd.DataFrame([["x", "y"]]))
    assert as_matrix([["a", "b"], ["c", "d"]]) is None


def test_carriage_return_line_ends_are_read(write, tmp_path):
    (tmp_path / "a.csv").write_bytes(b"text,label\ra b,x\rc,y\r")
    table = read_table(tmp_path / "a.csv")
    assert (table.texts, table.labels, table.lines) == (["a b", "c"], ["x", "y"], [2, 3])


def test_tables_may_have_no_header(write):
    path = write("a.csv", '"one, two",x\nthree,y\n')
    table = read_table(path, ReadOptions(no_header=True, columns={"text": "1", "label": "2"}))
    assert (table.texts, table.labels, table.lines) == (["one, two", "three"], ["x", "y"], [1, 2])


def test_test_files_without_labels_are_skipped(tmp_path, capsys):
    (tmp_path / "train.csv").write_text("id,text,target\n1,a,0\n2,b,1\n")
    (tmp_path / "test.csv").write_text("id,text\n3,c\n")
    corpus = read_corpus(tmp_path)
    assert list(corpus.splits) == ["train"]
    assert "test.csv: skipped, because it has no label column 'target'" in capsys.readouterr().err.replace("\n", " ")


def test_a_column_may_contain_the_split_of_each_row(write):
    path = write("a.csv", "text,label,part\na,x,train\nb,y,train\nc,x,val\nd,y,test\n")
    options = ReadOptions(columns={"split": "part"})
    corpus = TASK.read(str(path), options, None)
    assert {name: table.texts for name, table in corpus.splits.items()} == {
        "train": ["a", "b"],
        "dev": ["c"],
        "test": ["d"],
    }
    with pytest.raises(DataError, match=r"a\.csv:2: 'part' must be one of train, .*; got 'holdout'"):
        TASK.read(str(write("a.csv", "text,label,part\na,x,holdout\n")), options, None)


@pytest.mark.parametrize(
    ("labels", "doubt"),
    [
        (["a", "A "], "differ only in case, white space or Unicode form"),
        (["café", "cafe\u0301"], "Unicode form"),
        (["a", "a\u200b"], "Unicode form"),
        (["a", "b", "a;b"], "labels such as 'a;b' look like several labels; split them with --label-separator ';'"),
        (["a/b", "b/c"], None),
    ],
)
def test_unusual_labels_are_reported_by_training_and_description(labels, doubt):
    table = TextTable([f"text {n}" for n in range(2 * len(labels))], labels=labels * 2)
    corpus = Corpus("odd", {"train": table})
    assert TASK.data_warnings(corpus) == TASK.describe(corpus).findings()
    assert any(doubt in line for line in TASK.data_warnings(corpus)) if doubt else not TASK.data_warnings(corpus)


def test_a_cell_that_is_not_a_list_among_lists_is_a_bad_row(write):
    path = write("a.csv", "text,labels\na,\"['x', 'y']\"\nb,['x']\nc,nan\n")
    with pytest.raises(DataError, match=r"a\.csv:4: the label in 'labels' must be a list, like the others; got 'nan'"):
        read_table(path)


@pytest.mark.parametrize("labels", [["[positive]", "[negative]"], ["(+)", "(-)"]])
def test_labels_in_brackets_are_not_lists(write, labels):
    path = write("a.csv", f"text,label\na,{labels[0]}\nb,{labels[1]}\n")
    assert read_table(path).labels == labels


def test_arrays_that_pandas_wrote_as_text_are_indicators(write):
    path = write("a.csv", "text,labels\na,[0 1 0]\nb,[1 1 0]\n")
    assert read_table(path, ReadOptions(label_names=("x", "y", "z"))).labels == [("y",), ("x", "y")]


@pytest.mark.parametrize(
    "rows",
    [
        "text,category_a,category_b\nu v,1,0\nw x,0,1\ny z,1,1\n",  # named like labels
        "text,a,b\nu v,1,0\nw x,0,0\ny z,1,0\n",  # one is constant
        "text,a,b\nu v,1,\nw x,0,1\ny z,1,0\n",  # one has a blank
        "text,a,b\nu v,1,False\nw x,0,True\ny z,1,False\n",
    ],
)
def test_indicator_columns_are_detected_together(write, rows):
    assert read_table(write("a.csv", rows)).is_multilabel


def test_an_answer_column_that_is_the_label_is_kept(write):
    path = write("a.csv", "text,answer\ngood paper,accept\nbad paper,reject\n")
    assert read_table(path, ReadOptions(columns={"label": "answer"})).labels == ["accept", "reject"]
    path = write(
        "b.jsonl", '{"text": "a", "answer": {"x": 1}, "label": "p"}\n{"text": "b", "answer": [1], "label": "q"}\n'
    )
    assert read_table(path).labels == ["p", "q"]


def test_a_number_without_a_name_in_a_list_is_an_error(lines):
    with pytest.raises(DataError, match=r"a\.jsonl:2: the label 7 has no name; the names are neg, pos"):
        read_table(lines([0, 1], [7]), ReadOptions(label_names=("neg", "pos")))
