"""Files with predictions: all of the input is preserved, and the files can be read again."""

import csv
import io
import json

import polars
import pytest

from syntagma.data.texts.reading import read_table
from syntagma.errors import ConfigError
from syntagma.runs.outputs import write_content
from syntagma.tasks.labelling.writers import WRITERS, LabelledRows


def make_labelled(*inputs, **options):
    predictions = [{"prediction": "pos", "probability": 0.75} for _ in inputs]
    return LabelledRows(list(inputs), predictions, [row["text"] for row in inputs], **options)


def make_ranked(inputs):
    ranking = [{"label": name, "probability": p} for name, p in (("a", 0.5), ("b", 0.3), ("c", 0.2))]
    return LabelledRows([inputs], [{"prediction": "a", "probability": 0.5, "ranking": ranking}], [inputs["text"]])


def write(content, path, format):
    write_content(WRITERS[format].write(content), str(path))


def write_and_read(content, path, format):
    write(content, path, format)
    return path.read_text(encoding="utf-8")


NASTY = ['say "hi"', "a,b;c|d", "line\nend", "carriage\rreturn", "", "電影 \U0001f3ac", "=1+1"]


def test_csv_preserves_every_field(tmp_path):
    rows = [{"id": str(number), "text": text} for number, text in enumerate(NASTY)]
    for delimiter in (",", ";"):
        path = tmp_path / "out.csv"
        write(make_labelled(*rows, delimiter=delimiter), path, "csv")
        with path.open(encoding="utf-8", newline="") as file:
            assert [row["text"] for row in csv.DictReader(file, delimiter=delimiter)] == NASTY
        assert read_table(path, labelled=False).texts == NASTY


def test_tsv_can_be_read_back_and_rejects_tabs_and_line_breaks(tmp_path):
    texts = [text for text in NASTY if "\n" not in text and "\r" not in text]
    rows = [{"text": text} for text in texts]
    write(make_labelled(*rows), tmp_path / "out.tsv", "tsv")
    assert read_table(tmp_path / "out.tsv", labelled=False).texts == texts
    with pytest.raises(ConfigError, match="row 2 contains a tab or a line break, which TSV cannot represent"):
        write(make_labelled({"text": "a"}, {"text": "b\tc"}), tmp_path / "bad.tsv", "tsv")
    assert not (tmp_path / "bad.tsv").exists()


@pytest.mark.parametrize("format", WRITERS)
def test_lone_surrogates_are_replaced(tmp_path, format):
    write(make_labelled({"text": "good", "note": "\ud800"}), tmp_path / "out", format)
    assert (tmp_path / "out").stat().st_size > 0


def test_input_columns_with_reserved_names_are_kept(tmp_path):
    text = write_and_read(
        make_ranked({"text": "x", "prediction": "mine", "label_2": "keep"}), tmp_path / "out.csv", "csv"
    )
    (row,) = csv.DictReader(io.StringIO(text))
    assert (row["prediction"], row["label_2"], row["model_prediction"]) == ("mine", "keep", "a")
    assert (row["model_label_2"], row["label_3"], row["probability_2"]) == ("b", "c", "0.3")


def test_plain_lines_end_with_the_text_on_one_line(tmp_path):
    row = {"text": "two\nlines", "id": "7"}
    assert write_and_read(make_labelled(row), tmp_path / "out.txt", "plain") == "pos  0.750  two lines\n"
    assert (
        write_and_read(make_ranked(row), tmp_path / "out.txt", "plain") == "a  0.500  b  0.300  c  0.200  two lines\n"
    )


def test_several_labels_in_a_field_are_separated_by_the_separator(tmp_path):
    content = LabelledRows([{"text": "x"}], [{"prediction": ["a,b", "c"], "probability": 0.5}], ["x"], separator=";")
    assert 'x,"a,b;c",0.5' in write_and_read(content, tmp_path / "out.csv", "csv")
    assert json.loads(write_and_read(content, tmp_path / "out.jsonl", "jsonl"))["prediction"] == ["a,b", "c"]


def test_columns_of_several_types_become_text_in_parquet(tmp_path):
    rows = [{"text": "a", "n": 1}, {"text": "b", "n": "x"}, {"text": "c", "n": [1]}]
    write(make_labelled(*rows), tmp_path / "out.parquet", "parquet")
    assert polars.read_parquet(tmp_path / "out.parquet")["text"].to_list() == ["a", "b", "c"]
