"""Damaged Parquet files, and small files that expand to large tables."""

import io

import polars
import pytest

from syntagma.data.formats import parquet
from syntagma.data.texts.reading import read_table
from syntagma.errors import DataError


@pytest.fixture
def path(tmp_path):
    polars.DataFrame({"text": ["a", "b"], "label": ["x", "y"]}).write_parquet(tmp_path / "a.parquet")
    return tmp_path / "a.parquet"


def test_a_separate_process_reads_the_file(path, monkeypatch):
    frame = polars.read_ipc(io.BytesIO(parquet._as_arrow(path.read_bytes())))
    assert frame.to_dict(as_series=False) == {"text": ["a", "b"], "label": ["x", "y"]}
    monkeypatch.setattr(polars, "read_parquet", None)  # it is not needed here
    assert read_table(path).texts == ["a", "b"]


def test_the_file_is_read_in_this_process_if_no_other_can_be_started(path, monkeypatch):
    monkeypatch.setattr("sys.executable", "")
    monkeypatch.setattr(parquet, "_as_arrow", None)
    assert read_table(path).texts == ["a", "b"]


@pytest.mark.parametrize("end", ["import os; os.abort()", "import sys; sys.exit(1)"])
def test_a_file_that_kills_the_reading_process_is_an_error(path, monkeypatch, end):
    monkeypatch.setattr(parquet, "_READER", end)
    with pytest.raises(DataError, match=r"a\.parquet: cannot be read as Parquet: it is damaged\."):
        read_table(path)


def test_a_file_that_hangs_the_reading_process_is_an_error(path, monkeypatch):
    monkeypatch.setattr(
        parquet, "_READER", "import sys; sys.stdin.buffer.read(); import threading; threading.Event().wait()"
    )
    monkeypatch.setattr(parquet, "_SECONDS", 0.3)
    with pytest.raises(DataError, match=r"cannot be read as Parquet: it is damaged\."):
        read_table(path)


def test_the_error_of_polars_is_one_line_and_its_panics_print_nothing(path, monkeypatch, capfd):
    panic = """
import os, sys
os.write(2, b"thread panicked at ...")
import polars
def panic(_):
    raise polars.exceptions.PanicException("assertion failed\\x07\\n  left: 0")
polars.read_parquet = panic
"""
    monkeypatch.setattr(parquet, "_READER", panic + parquet._READER)
    with pytest.raises(DataError, match=r"cannot be read as Parquet: assertion failed\.$"):
        read_table(path)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    ("limit", "message"),
    [("_MOST_VALUES", "at most 3 values; it has 2 rows of 2"), ("_MOST_TEXT_BYTES", "at most 3 bytes")],
)
def test_content_that_would_fill_the_memory_is_rejected(path, monkeypatch, limit, message):
    monkeypatch.setattr(parquet, limit, 3)
    with pytest.raises(DataError, match=message):
        read_table(path)


def test_a_gzip_file_is_read(path, tmp_path):
    import gzip

    (tmp_path / "b.parquet.gz").write_bytes(gzip.compress(path.read_bytes()))
    assert read_table(tmp_path / "b.parquet.gz").labels == ["x", "y"]


def test_a_nul_character_in_a_text_is_rejected(tmp_path):
    file = io.BytesIO()
    polars.DataFrame({"text": ["a\0b"], "label": ["x"]}).write_parquet(file)
    (tmp_path / "a.parquet").write_bytes(file.getvalue())
    with pytest.raises(DataError, match="row 1: the text in 'text' contains a NUL character"):
        read_table(tmp_path / "a.parquet")


def test_a_file_without_text_columns_is_an_error(tmp_path):
    polars.DataFrame({"label": [1, 2], "stars": [3.5, 4.0]}).write_parquet(tmp_path / "a.parquet")
    with pytest.raises(DataError, match=r"a\.parquet: .*text"):
        read_table(tmp_path / "a.parquet")


def test_numeric_texts_are_reported(tmp_path):
    polars.DataFrame({"text": [10, 20], "label": [1, 2]}).write_parquet(tmp_path / "a.parquet")
    with pytest.raises(DataError, match=r"row 1: the text in 'text' must be a string; got 10 \(int\)"):
        read_table(tmp_path / "a.parquet")
