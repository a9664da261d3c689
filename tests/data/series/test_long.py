"""Tests of tables with one row per step."""

import datetime
import random

import numpy as np
import polars
import pytest

from syntagma.data.options import ReadOptions
from syntagma.data.series.reading import read_series_table
from syntagma.data.series.roles import join_names, split_names
from syntagma.data.series.times import parse_times
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


def values(table) -> list:
    return [row.tolist() for row in table.series]


def test_steps_in_any_order_are_joined_by_id_and_sorted_by_time(tmp_path, write):
    draw = random.Random(3)
    rows = [(f"s{one}", step / 4, one * 10 + step, -step, "ab"[one % 2]) for one in range(5) for step in range(one + 2)]
    expected = {f"s{one}": [[one * 10 + step, -step] for step in range(one + 2)] for one in range(5)}
    for _ in range(5):
        draw.shuffle(rows)
        lines = "".join(",".join(map(str, row)) + "\n" for row in rows)
        table = read(write("case,timestamp,height,width,class\n" + lines))
        assert dict(zip(table.columns["case"], values(table), strict=True)) == expected
        assert table.channels == ("height", "width")
        assert table.labels == ["ab"[int(key[1:]) % 2] for key in table.columns["case"]]
        assert list(table.columns["case"]) == list(dict.fromkeys(row[0] for row in rows)), "in the order of the file"


def test_guessed_columns_are_noted_and_requested_ones_are_not(write, capsys):
    path = write("case,t,x,y,class\np,1,2,3,a\np,2,2,3,a\n")
    table = read(path)
    assert (
        "one row per step: series by 'case', in the order of 't', values 'x', 'y', label 'class' (guessed; --column"
        in capsys.readouterr().err
    )
    assert table.names == {"id": "case", "time": "t", "label": "class", "values": "x,y"}
    assert (table.header, table.delimiter) == (("case", "t", "x", "y", "class"), ",")
    read(path, **table.names)
    assert capsys.readouterr().err == ""
    usual = read_series_table(path, ReadOptions(usual=table.names), labelled=False)
    assert capsys.readouterr().err == ""
    assert usual.channels == ("x", "y")


def test_columns_can_be_chosen(write):
    path = write("run,when,a,b,c,who\n1,2,5,6,7,x\n1,1,8,9,0,x\n2,1,1,2,3,y\n")
    table = read(path, id="run", time="when", values="c, a", label="who")
    assert values(table) == [[[0, 8], [7, 5]], [[3, 1]]]
    assert table.columns == {"run": ["1", "2"]}


def test_without_a_time_column_steps_are_in_file_order(write, capsys):
    assert values(read(write("id,x,label\np,3,a\np,1,a\np,2,a\n"))) == [[[3], [1], [2]]]
    assert "in the order of the file" in capsys.readouterr().err


@pytest.mark.parametrize(
    "times",
    [
        ["10", "9", "100"],
        ["2024-01-10", "2024-01-09", "2024-02-01"],
        ["2024-01-01T10:00:00Z", "2024-01-01T10:30:00+01:00", "2024-01-01 10:00:01+00:00"],
        ["1.5", "1", "2"],
        ["1700000000000000010", "1700000000000000009", "1700000000000000011"],
    ],
)
def test_times_are_numbers_or_iso_dates(write, times):
    lines = "".join(f"p,{time},{step},a\n" for step, time in enumerate(times))
    assert values(read(write("id,time,x,label\n" + lines))) == [[[1], [0], [2]]]


def test_times_of_parquet_are_dates_or_numbers(tmp_path):
    day = datetime.date(2024, 2, 1)
    frame = {"id": [1, 1], "x": [1.0, None], "label": [True, True], "time": [day, day.replace(month=1)]}
    polars.DataFrame(frame).write_parquet(tmp_path / "a.parquet")
    table = read(tmp_path / "a.parquet")
    np.testing.assert_array_equal(table.series[0], [[np.nan], [1]])
    assert (table.labels, table.columns) == (["true"], {"id": [1]})
    moment = datetime.datetime(2024, 2, 1, 12)
    assert parse_times([moment, day]) == ([moment, datetime.datetime(2024, 2, 1)], {})
    assert parse_times([2, 1.5, "3"]) == ([2, 1.5, 3], {})
    for wrong in (True, None, float("nan"), "inf", "1_0", "٣", [1], "9" * 5000):
        assert list(parse_times([1, wrong])[1]) == [1]


def test_constant_columns_are_kept_and_dropped_ones_are_noted(write, capsys):
    table = read(write("id,x,mood,who,empty,label\np,1,up,ann,,a\np,2,down,ann,,a\nq,3,up,bob,,b\n"))
    assert table.columns == {"id": ["p", "q"], "who": ["ann", "bob"], "empty": ["", ""]}
    assert table.channels == ("x",)
    assert (
        "not read, because they are neither numeric nor constant within each series: 'mood'" in capsys.readouterr().err
    )


def test_the_label_column_is_optional_if_no_labels_are_needed(write):
    text = "id,x,label\np,1,a\np,2,a\n"
    assert read(write(text), labelled=False).columns == {"id": ["p", "p"][:1], "label": ["a"]}
    assert read(write(text), labelled=False, label="label").channels == ("x",)
    assert read(write("id,x\np,1\np,2\n"), labelled=False, label="label").columns == {"id": ["p"]}
    varying = read(write("id,x,label\np,1,5\np,2,6\n"), labelled=False)
    assert (varying.channels, varying.labels) == (("x",), None)


def test_y_next_to_x_is_a_value_and_otherwise_a_label(write):
    assert read(write("id,x,y,z\np,1,2,3\np,4,5,6\n"), labelled=False).channels == ("x", "y", "z")
    assert read(write("id,a,y\np,1,2\np,4,2\n")).labels == ["2"]
    with pytest.raises(
        DataError, match=r"which column contains the label\? None has a usual name; all columns have another role"
    ):
        read(write("id,x,y,z\np,1,2,3\np,4,5,6\n"))


def test_the_only_column_of_text_is_the_label(write):
    assert read(write("id,x,what\np,1,a\np,4,a\n")).labels == ["a"]
    with pytest.raises(
        DataError, match=r"which column contains the label\? None has a usual name; candidates are 'what', 'who'"
    ):
        read(write("id,x,what,who\np,1,a,b\np,4,a,b\n"))


BAD = [
    ("p,2,x,a", r"column 'v': 'x' is not a number"),
    ("p,1,5,a", r"the series 'p' has two steps at the time 1"),
    ("p,noon,5,a", r"the time 'noon' is neither a number nor an ISO date"),
    ("p,2024-01-01,5,a", r"the time '2024-01-01' is a date, but the first one is a number"),
    ("p,2,5,b", r"the series 'p' has two labels in 'label': 'a' and 'b'"),
    (",2,5,a", r"the step has no id in 'id'"),
    ("p,2,inf,a", r"column 'v': 'inf' is infinite"),
]


@pytest.mark.parametrize(("line", "message"), BAD)
def test_a_bad_step_is_an_error_or_skips_its_whole_series(write, line, message, capsys):
    path = write("id,time,v,label\np,1,1,a\n" + line + "\nq,1,7,b\nq,2,8,b\n")
    with pytest.raises(DataError, match=r"a\.csv:3: " + message):
        read(path)
    table = read(path, bad_rows="skip")
    assert table.labels == (["a", "b"] if line[0] == "," else ["b"])
    assert "skipped 1 bad row: line 3" in capsys.readouterr().err


def test_missing_times_and_labels_are_errors(write):
    with pytest.raises(DataError, match=r"a.csv:3: the time '' is neither a number nor an ISO date"):
        read(write("id,time,v,label\np,1,1,a\np,,1,a\n"))
    with pytest.raises(DataError, match=r"a.csv:2: the label in 'label' is empty"):
        read(write("id,time,v,label\np,1,1,\np,2,1,\n"))


@pytest.mark.parametrize(
    ("header", "columns", "message"),
    [
        ("id,time,x,label", {"id": "nr"}, r"a.csv: has no column 'nr'"),
        ("id,time,x,label", {"values": "x,z"}, r"a.csv: has no column 'z'"),
        ("id,time,x,label", {"values": "x,label", "label": "label"}, r"the column 'label' cannot have two roles"),
        (
            "id,time,word,label",
            {"label": "label"},
            r"has no column of numbers for the values",
        ),
        (
            "nr,time,x,label",
            {},
            r"the column 'time' \(time\) belongs to a table with one row per step, which needs .*--column id",
        ),
        ("nr,b,x,label", {"values": "x"}, r"the column 'x' \(values\) belongs to a table with one row per step"),
    ],
)
def test_inconsistent_roles_are_errors(write, header, columns, message):
    cell = "w" if "word" in header else "5"
    with pytest.raises(DataError, match=message):
        read(write(f"{header}\np,1,{cell},a\np,2,{cell},a\n"), **columns)


def test_unique_ids_make_a_wide_table_unless_values_are_requested(write):
    path = write("id,x,y,label\np,1,2,a\nq,3,4,b\n")
    assert values(read(path)) == [[[1], [2]], [[3], [4]]]
    assert values(read(path, values="x,y")) == [[[1, 2]], [[3, 4]]]


def test_names_of_columns_are_joined_as_in_csv():
    for names in (["x"], ["x", "y"], ["a,b", "c"], ['say "x"', "y"]):
        assert list(split_names(join_names(names), names)) == names
    assert split_names("a,b", ["a,b", "c"]) == ("a,b",)
    assert split_names(" a , b ", []) == ("a", "b")
    assert split_names("", []) == ()
