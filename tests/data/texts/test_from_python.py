import numpy as np
import pandas as pd
import polars as pl
import pytest

from syntagma.data.texts.from_python import as_labels, as_texts, table_from_python
from syntagma.errors import DataError

TEXTS = ["one", "zwei", "三"]


@pytest.mark.parametrize(
    "texts",
    [
        TEXTS,
        tuple(TEXTS),
        iter(TEXTS),
        np.array(TEXTS),
        np.array(TEXTS, dtype=object),
        np.array(TEXTS).reshape(3, 1),
        pd.Series(TEXTS, index=[5, 7, 9]),
        pd.Series(TEXTS, dtype=object),
        pd.Series(TEXTS, dtype="category"),
        pd.DataFrame({"t": TEXTS}),
        pd.Index(TEXTS),
        pl.Series(TEXTS),
        pl.DataFrame({"t": TEXTS}),
    ],
    ids=lambda texts: f"{type(texts).__module__}.{type(texts).__name__}",
)
def test_texts_can_be_any_kind_of_column(texts):
    found = as_texts(texts)
    assert found == TEXTS
    assert {type(text) for text in found} == {str}


def test_no_texts_become_an_empty_list():
    assert as_texts([]) == []


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ("one text", r"texts must be a list of strings; got one string. Put it in a list: \['one text'\]"),
        (b"x" * 90, r"texts must be a list of strings; got one string. Put it in a list: \[b'x+\.\.\.\]"),
        (7, r"texts must be a list, an array or a column; got int"),
        ({"a": 1}, r"texts must be a list, an array or a column; got dict"),
        (np.array("a"), r"texts must be a list, an array or a column; got ndarray"),
        (np.array([["a", "b"]]), r"texts must be one column; got 2 columns. Choose one, as in frame\['text'\]"),
        (pd.DataFrame({"a": ["x"], "b": ["y"]}), r"texts must be one column; got 2 columns"),
        (["a", None], r"texts: row 1 has no text \(None\); rows are counted from 0. Drop it, or use an empty string"),
        (["a", float("nan")], r"texts: row 1 has no text \(nan\)"),
        (pd.Series(["a", pd.NA], dtype="string"), r"texts: row 1 has no text"),
        (pl.Series(["a", None]), r"texts: row 1 has no text"),
        (["a", 7], r"texts: row 1 must be a string; got 7 \(int\); rows are counted from 0"),
        (["a", "\ud800"], r"texts: row 1 contains a lone surrogate"),
    ],
)
def test_values_that_are_not_a_column_of_texts_are_rejected(texts, message):
    with pytest.raises(DataError, match=message):
        as_texts(texts)


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ([1, 0], [1, 0]),
        (np.array([1, 0], dtype=np.int8), [1, 0]),
        (pd.Series([1, 0]), [1, 0]),
        (np.array([True, False]), [True, False]),
        (np.array([0.5, 1.0], dtype=np.float32), [0.5, 1.0]),
        (np.array(["x", "y"]), ["x", "y"]),
        (pl.Series(["x", "y"]), ["x", "y"]),
        (pd.Series(["x", "y"], dtype="category"), ["x", "y"]),
        ([np.int64(3), np.str_("x")], [3, "x"]),
        ([["y", "x"], []], [("x", "y"), ()]),
        ([{"y", "x"}, {"x"}], [("x", "y"), ("x",)]),
        ([np.array([2, 1]), (1,)], [(1, 2), (1,)]),
        (pl.Series([["x"], ["y", "z"]]), [("x",), ("y", "z")]),
    ],
)
def test_labels_keep_their_python_type(labels, expected):
    found = as_labels(labels)
    assert found == expected
    assert [type(value) for value in found] == [type(value) for value in expected]
    flat = [part for value in found for part in (value if isinstance(value, tuple) else (value,))]
    assert {type(part) for part in flat} <= {int, float, bool, str}


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ("pos", r"labels must be a list of strings; got one string"),
        ([1, None], r"labels: row 1 has no label \(None\); rows are counted from 0. Drop the row"),
        (pd.Series([1, None]), r"labels: row 1 has no label \(nan\)"),
        ([["x"], ["y", None]], r"labels: row 1 has no label \(None\)"),
        ([b"x"], r"labels: row 0 is b'x' \(bytes\); a label must be a string"),
        ([["x"], "y"], r"labels: some rows have a list of labels, but row 1 has 'y'. Use \['y'\]"),
        (np.eye(2), r"labels must be one column; got 2 columns. Pass a tuple of labels for each row instead"),
    ],
)
def test_values_that_are_not_labels_are_rejected(labels, message):
    with pytest.raises(DataError, match=message):
        as_labels(labels)


def test_a_table_is_made_from_python_columns():
    table = table_from_python(pd.Series(["a", "b"]), np.array([1, 0]))
    assert (table.texts, table.labels, table.lines) == (["a", "b"], [1, 0], None)
    assert table_from_python(["a"]).labels is None
    with pytest.raises(DataError, match=r"texts: there are none; at least one is needed"):
        table_from_python([])
    with pytest.raises(DataError, match=r"each text needs one label; got 1 texts and 2 labels"):
        table_from_python(["a"], [1, 0])
