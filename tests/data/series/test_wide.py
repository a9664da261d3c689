"""Tests of tables with one row per series."""

import numpy as np
import polars
import pytest

from syntagma.data.options import ReadOptions
from syntagma.data.series.reading import read_series_table
from syntagma.errors import DataError

pytestmark = pytest.mark.usefixtures("loud")


@pytest.fixture
def write(tmp_path):
    def put(text: str):
        (tmp_path / "a.csv").write_text(text)
        return tmp_path / "a.csv"

    return put


def read(path, *, labelled: bool = True, bad_rows: str = "error", **columns):
    return read_series_table(path, ReadOptions(columns=columns, bad_rows=bad_rows), labelled=labelled)


def test_trailing_missing_cells_shorten_a_series_and_others_are_kept(write, capsys):
    table = read(write("label,t0,t1,t2,t3\na,1,2,3,4\nb,5,,7,\nb,8,NaN,NaN,?\n"))
    expected = [[[1], [2], [3], [4]], [[5], [np.nan], [7]], [[8]]]
    for one, two in zip(table.series, expected, strict=True):
        np.testing.assert_array_equal(one, two)
    assert (table.labels, table.channels, table.lines) == (["a", "b", "b"], ("1",), [2, 3, 4])
    shown = capsys.readouterr().err
    assert "one row per series: label 'label', 4 steps from 't0' to 't3' (guessed" in shown
    assert "2 series are shorter, because trailing missing values are removed" in shown


def test_ids_dates_and_texts_are_kept_as_columns(write, capsys):
    table = read(write("id,date,0,1,where,class\n7,20240101,1,2,hall,a\n8,20240102,3,4,yard,b\n"))
    assert [row[:, 0].tolist() for row in table.series] == [[1, 2], [3, 4]]
    assert table.columns == {"id": ["7", "8"], "date": ["20240101", "20240102"], "where": ["hall", "yard"]}
    assert table.names == {"id": "id", "label": "class"}
    assert "not values: 'id', 'date', 'where'" in capsys.readouterr().err
    read(write("0,1,class\n1,2,a\n"), label="class")
    assert capsys.readouterr().err == ""


def test_the_only_column_of_text_is_the_label(write):
    assert read(write("0,1,what\n1,2,a\n3,4,b\n")).labels == ["a", "b"]
    with pytest.raises(
        DataError, match=r"which column contains the label\? .*all columns have another role.*--label-column"
    ):
        read(write("0,1,col\n1,2,3\n3,4,5\n"))
    with pytest.raises(DataError, match=r"which column contains the label\? .*candidates are 'what', 'who'"):
        read(write("0,1,what,who\n1,2,a,b\n3,4,b,c\n"))


def test_no_label_column_is_needed_without_labels(write):
    table = read(write("a0,a1,what\n1,2,a\n3,4,b\n"), labelled=False)
    assert (table.labels, table.columns, [len(row) for row in table.series]) == (None, {"what": ["a", "b"]}, [2, 2])
    assert read(write("a0,a1,label\n1,2,5\n"), labelled=False).columns == {"label": ["5"]}
    assert read(write("a0,a1\n1,2\n"), labelled=False, label="label").columns == {}


def test_parquet_is_read_with_nulls_as_missing_values(tmp_path):
    frame = polars.DataFrame({"label": [1, 0], "t0": [0.5, None], "t1": [None, 2.0], "t2": [3, None]})
    frame.write_parquet(tmp_path / "a.parquet")
    table = read(tmp_path / "a.parquet")
    np.testing.assert_array_equal(table.series[0], np.array([[0.5], [np.nan], [3]], np.float32))
    np.testing.assert_array_equal(table.series[1], [[np.nan], [2]])
    assert table.labels == ["1", "0"]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("a,x,2", r"column '0': 'x' is not a number"),
        ("a,1,1e40", r"column '1': '1e40' is infinite or too large"),
        ("a,,?", r"the row has no value"),
        (",1,2", r"the label in 'label' is empty"),
    ],
)
def test_a_bad_row_is_an_error_or_is_skipped(write, line, message):
    path = write("label,0,1\na,1,2\n" + line + "\nb,3,4\n")
    with pytest.raises(DataError, match=r"a\.csv:3: " + message):
        read(path)
    assert read(path, bad_rows="skip").labels == ["a", "b"]


def test_a_table_without_numbers_or_without_rows_is_an_error(write):
    with pytest.raises(DataError, match=r"a.csv: has no column of numbers; one per step is needed"):
        read(write("label,x\na,b\nc,d\n"))
    with pytest.raises(DataError, match=r"a.csv: has a header but no rows"):
        read(write("label,x\n"))
    with pytest.raises(DataError, match=r"a.csv: no row is left: all 1 are bad"):
        read(write("label,x\na\n"), bad_rows="skip")
