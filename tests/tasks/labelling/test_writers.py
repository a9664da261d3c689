"""Predictions as files: nothing of the input is lost, and what is written can be read again."""

import csv
import io
import json

import polars
import pytest

from syntagma.data.texts.reading import read_table
from syntagma.errors import ConfigError
from syntagma.runs.outputs import write_content
from syntagma.tasks.labelling.writers import WRITERS, Labelled


def labelled(*given, **options):
    found = [{"prediction": "pos", "probability": 0.75} for _ in given]
    return Labelled(list(given), found, [row["text"] for row in given], **options)


def ranked(given):
    ranking = [{"label": name, "probability": p} for name, p in (("a", 0.5), ("b", 0.3), ("c", 0.2))]
    return Labelled([given], [{"prediction": "a", "probability": 0.5, "ranking": ranking}], [given["text"]])


def write(content, path, format):
    write_content(WRITERS[format].write(content), str(path))


def written(content, path, format):
    write(content, path, format)
    return path.read_text(encoding="utf-8")


NASTY = ['say "hi"', "a,b;c|d", "line\nend", "carriage\rreturn", "", "電影 \U0001f3ac", "=1+1"]


def test_csv_keeps_every_field_as_it_was(tmp_path):
    rows = [{"id": str(number), "text": text} for number, text in enumerate(NASTY)]
    for delimiter in (",", ";"):
        path = tmp_path / "out.csv"
        write(labelled(*rows, delimiter=delimiter), path, "csv")
        with path.open(encoding="utf-8", newline="") as file:
            assert [row["text"] for row in csv.DictReader(file, delimiter=delimiter)] == NASTY
        assert read_table(path, labelled=False).texts == NASTY


def test_tsv_is_what_our_own_reader_takes_and_refuses_what_it_cannot_hold(tmp_path):
    texts = [text for text in NASTY if "\n" not in text and "\r" not in text]
    rows = [{"text": text} for text in texts]
    write(labelled(*rows), tmp_path / "out.tsv", "tsv")
    assert read_table(tmp_path / "out.tsv", labelled=False).texts == texts
    with pytest.raises(ConfigError, match="row 2 holds a tab or a line end, which TSV cannot; write CSV"):
        write(labelled({"text": "a"}, {"text": "b\tc"}), tmp_path / "bad.tsv", "tsv")
    assert not (tmp_path / "bad.tsv").exists()


@pytest.mark.parametrize("format", WRITERS)
def test_half_a_surrogate_pair_is_replaced_and_nothing_fails(tmp_path, format):
    write(labelled({"text": "good", "note": "\ud800"}), tmp_path / "out", format)
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
    content = Labelled([{"text": "x"}], [{"prediction": ["a,b", "c"], "probability": 0.5}], ["x"], separator=";")
    assert 'x,"a,b;c",0.5' in written(content, tmp_path / "out.csv", "csv")
    assert json.loads(written(content, tmp_path / "out.jsonl", "jsonl"))["prediction"] == ["a,b", "c"]


def test_columns_of_several_types_become_text_in_parquet(tmp_path):
    rows = [{"text": "a", "n": 1}, {"text": "b", "n": "x"}, {"text": "c", "n": [1]}]
    write(labelled(*rows), tmp_path / "out.parquet", "parquet")
    assert polars.read_parquet(tmp_path / "out.parquet")["text"].to_list() == ["a", "b", "c"]
