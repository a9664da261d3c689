import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syntagma.data.options import ReadOptions
from syntagma.data.texts.reading import read_table

# Printed notes are part of the behaviour under test.
pytestmark = pytest.mark.usefixtures("loud")

# No carriage returns and NUL bytes: csv.writer quotes the first, and the reader rejects the second.
FIELDS = st.text(st.characters(exclude_characters="\0\r", exclude_categories=["Cs"]), max_size=12)


@settings(deadline=None, max_examples=60)
@given(rows=st.lists(st.tuples(FIELDS, st.sampled_from(["x", "y"])), min_size=1, max_size=8))
def test_rows_have_the_line_numbers_of_the_file(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("csv") / "a.csv"
    expected = []
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["text", "label"])
        for row in rows:
            file.flush()
            expected.append(path.read_bytes().count(b"\n") + 1)
            writer.writerow(row)
    table = read_table(path)
    assert table.texts == [text for text, _ in rows]
    assert table.lines == expected


def test_an_error_after_multi_line_fields_reports_the_physical_line(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text('text,label\n"one\ntwo\nthree",x\n\nfour,y\nfive\n', encoding="utf-8")
    with pytest.raises(ValueError, match=r"a.csv:7: the row has 1 field"):
        read_table(path)


def test_blank_lines_before_the_header_count(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("\n\ntext,label\na,x\n", encoding="utf-8")
    assert read_table(path).lines == [4]


def test_skipping_an_unclosed_quote_loses_only_one_row(tmp_path, capsys):
    path = tmp_path / "a.csv"
    path.write_text('text,label\n"one,x\ntwo,y\n"three\n3",x\nfour,y\n"five,x', encoding="utf-8")
    table = read_table(path, ReadOptions(bad_rows="skip"))
    assert table.texts == ["two", "three\n3", "four"]
    assert table.lines == [3, 4, 6]
    assert "skipped 2 bad rows: lines 2, 7 (line 2: a quoted field continues" in capsys.readouterr().err


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_another_delimiter_in_the_header_is_used_and_noted(tmp_path, capsys, delimiter):
    path = tmp_path / "a.csv"
    path.write_text(f'"text"{delimiter}label\ngood, really{delimiter}x\n', encoding="utf-8")
    assert read_table(path).texts == ["good, really"]
    assert f"fields are separated by {delimiter!r}" in capsys.readouterr().err


@pytest.mark.parametrize("header", ["text|x,label", '"text|x",label'])
def test_a_bar_next_to_another_delimiter_is_part_of_the_name(tmp_path, header):
    path = tmp_path / "a.csv"
    path.write_text(header + "\ngood,x\n", encoding="utf-8")
    assert read_table(path, ReadOptions(columns={"text": "text|x"})).texts == ["good"]


def test_a_field_of_ten_megabytes_is_read(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("text,label\n" + "a" * 10_000_000 + ",x\n", encoding="utf-8")
    assert len(read_table(path).texts[0]) == 10_000_000


def test_a_field_over_the_limit_is_an_error(tmp_path, monkeypatch):
    path = tmp_path / "a.csv"
    path.write_text('text,label\n"' + "a\n" * 100 + '",x\n', encoding="utf-8")
    monkeypatch.setattr("syntagma.data.formats.delimited.LIMIT_LINE_BYTES", 50)
    before = csv.field_size_limit(50)
    try:
        with pytest.raises(ValueError, match=r"a.csv:2: a field has more than [\d,]+ characters; a quote may"):
            read_table(path)
    finally:
        csv.field_size_limit(before)


def test_a_quote_in_tsv_is_an_ordinary_character(tmp_path):
    path = tmp_path / "a.tsv"
    path.write_text('text\tlabel\r\n"one\tx\r\ntwo"\ty\r\n', encoding="utf-8", newline="")
    assert read_table(path).texts == ['"one', 'two"']


def test_tsv_may_be_quoted_on_request(tmp_path):
    path = tmp_path / "a.tsv"
    path.write_text('text\tlabel\n"one\ttwo\nthree"\tx\n', encoding="utf-8")
    assert read_table(path, ReadOptions(quoted=True)).texts == ["one\ttwo\nthree"]


def test_columns_without_a_name_are_numbered(tmp_path):
    content = io.StringIO()
    content.write(",text,label,\n0,good,x,\n")
    path = tmp_path / "a.csv"
    path.write_text(content.getvalue(), encoding="utf-8")
    assert read_table(path).columns == {"column 1": ["0"], "column 4": [""]}


@pytest.mark.parametrize("first", ["sep=;", "SEP=;", '"sep=;"', "sep=;;"])
def test_the_sep_line_of_excel_sets_the_delimiter(tmp_path, capsys, first):
    path = tmp_path / "a.csv"
    path.write_text(f"{first}\r\ntext;label\r\na, b;x\r\n", encoding="utf-8")
    table = read_table(path)
    assert (table.texts, table.labels, table.lines, table.delimiter) == (["a, b"], ["x"], [3], ";")
    assert "fields are separated by ';', as the first line says" in capsys.readouterr().err


def test_a_column_may_be_named_sep(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("sep,text,label\n=,a,x\n", encoding="utf-8")
    assert read_table(path).columns == {"sep": ["="]}


def test_a_sep_line_without_a_header_is_an_error(tmp_path):
    (tmp_path / "a.csv").write_text("sep=;\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"a\.csv: is empty; a header line and rows are needed"):
        read_table(tmp_path / "a.csv")


def test_skipped_rows_are_listed_in_file_order(tmp_path, capsys):
    """Empty labels are detected after all rows have been read, wrong numbers of fields earlier."""
    (tmp_path / "a.csv").write_text("text,label\na,\nb,x\nc\nd,\n", encoding="utf-8")
    assert read_table(tmp_path / "a.csv", ReadOptions(bad_rows="skip")).texts == ["b"]
    shown = capsys.readouterr().err
    assert "skipped 3 bad rows: lines 2, 4, 5 (line 2: the label in 'label' is empty)" in shown


@pytest.mark.parametrize("name", ["a.csv", "a.tsv"])
def test_a_million_columns_are_rejected_immediately(tmp_path, name):
    line = ("," if name == "a.csv" else "\t").join(["c"] * 1_000_000)
    (tmp_path / name).write_text(f"{line}\n{line}\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r":1: a table may have at most 10,000 columns; this one has 1,000,000\."):
        read_table(tmp_path / name)
