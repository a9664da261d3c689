"""Predictions as files: nothing of the input is lost, and what is written can be read again."""

import csv
import io
import json
import os

import polars
import pytest

from syntagma.data.texts.reading import read_table
from syntagma.errors import ConfigError
from syntagma.runs.outputs import FORMATS, Labelled, check_output, output_format, write_output


def labelled(*given, **options):
    found = [{"prediction": "pos", "probability": 0.75} for _ in given]
    return Labelled(list(given), found, **{"text_name": "text", **options})


def ranked(given):
    ranking = [{"label": name, "probability": p} for name, p in (("a", 0.5), ("b", 0.3), ("c", 0.2))]
    return Labelled([given], [{"prediction": "a", "probability": 0.5, "ranking": ranking}], "text")


def written(content, path, format):
    write_output(content, str(path), format)
    return path.read_text(encoding="utf-8")


NASTY = ['say "hi"', "a,b;c|d", "line\nend", "carriage\rreturn", "", "電影 \U0001f3ac", "=1+1"]


def test_csv_keeps_every_field_as_it_was(tmp_path):
    rows = [{"id": str(number), "text": text} for number, text in enumerate(NASTY)]
    for delimiter in (",", ";"):
        path = tmp_path / "out.csv"
        write_output(labelled(*rows, delimiter=delimiter), str(path), "csv")
        with path.open(encoding="utf-8", newline="") as file:
            assert [row["text"] for row in csv.DictReader(file, delimiter=delimiter)] == NASTY
        assert read_table(path, labelled=False).texts == NASTY


def test_tsv_is_what_our_own_reader_takes_and_refuses_what_it_cannot_hold(tmp_path):
    texts = [text for text in NASTY if "\n" not in text and "\r" not in text]
    rows = [{"text": text} for text in texts]
    write_output(labelled(*rows), str(tmp_path / "out.tsv"), "tsv")
    assert read_table(tmp_path / "out.tsv", labelled=False).texts == texts
    with pytest.raises(ConfigError, match="row 2 holds a tab or a line end, which TSV cannot; write CSV"):
        write_output(labelled({"text": "a"}, {"text": "b\tc"}), str(tmp_path / "bad.tsv"), "tsv")
    assert not (tmp_path / "bad.tsv").exists()


@pytest.mark.parametrize("format", FORMATS)
def test_half_a_surrogate_pair_is_replaced_and_nothing_fails(tmp_path, format):
    write_output(labelled({"text": "good", "note": "\ud800"}), str(tmp_path / "out"), format)
    assert (tmp_path / "out").stat().st_size > 0


def test_columns_that_have_our_names_are_kept_and_ours_are_named_otherwise(tmp_path):
    text = written(ranked({"text": "x", "prediction": "mine", "label_2": "keep"}), tmp_path / "out.csv", "csv")
    (row,) = csv.DictReader(io.StringIO(text))
    assert (row["prediction"], row["label_2"], row["model_prediction"]) == ("mine", "keep", "a")
    assert (row["model_label_2"], row["label_3"], row["probability_2"]) == ("b", "c", "0.3")


def test_lines_to_read_have_the_text_at_the_end_on_one_line(tmp_path):
    given = {"text": "two\nlines", "id": "7"}
    assert written(labelled(given), tmp_path / "out.txt", "plain") == "pos  0.750  two lines\n"
    assert written(ranked(given), tmp_path / "out.txt", "plain") == "a  0.500  b  0.300  c  0.200  two lines\n"


def test_several_labels_in_a_field_are_parted_by_the_sign_that_is_given(tmp_path):
    content = Labelled([{"text": "x"}], [{"prediction": ["a,b", "c"], "probability": 0.5}], "text", separator=";")
    assert 'x,"a,b;c",0.5' in written(content, tmp_path / "out.csv", "csv")
    assert json.loads(written(content, tmp_path / "out.jsonl", "jsonl"))["prediction"] == ["a,b", "c"]


def test_columns_of_several_types_become_text_in_parquet(tmp_path):
    rows = [{"text": "a", "n": 1}, {"text": "b", "n": "x"}, {"text": "c", "n": [1]}]
    write_output(labelled(*rows), str(tmp_path / "out.parquet"), "parquet")
    assert polars.read_parquet(tmp_path / "out.parquet")["text"].to_list() == ["a", "b", "c"]


def test_a_link_is_followed(tmp_path):
    (tmp_path / "real.csv").write_text("old")
    (tmp_path / "link.csv").symlink_to("real.csv")
    write_output(labelled({"text": "x"}), str(tmp_path / "link.csv"), "csv")
    assert (tmp_path / "link.csv").is_symlink()
    assert (tmp_path / "real.csv").read_text().startswith("text,prediction")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes")
def test_what_is_no_ordinary_file_is_left_alone(tmp_path):
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(ConfigError, match="is no ordinary file; write to - and redirect that"):
        check_output(str(tmp_path / "pipe.csv"), None)
    with pytest.raises(ConfigError, match="is a folder"):
        check_output(str(tmp_path), None)
    with pytest.raises(ConfigError, match="cannot be written: File name too long"):
        check_output("x" * 300 + ".csv", None)


@pytest.mark.parametrize(
    ("names", "format"),
    [
        (("a.csv", None, None), "csv"),
        (("a.TSV.gz", None, None), "tsv"),
        (("a.txt", "in.csv", None), "plain"),
        (("-", None, None), "plain"),
        (("-", "-", None), "plain"),
        (("-", "-", "jsonl"), "jsonl"),
        (("-", "in.jsonl.gz", None), "jsonl"),
        (("-", "in.parquet", None), "csv"),
    ],
)
def test_the_format_goes_by_the_output_then_by_the_input(names, format):
    assert output_format(*names) == format
