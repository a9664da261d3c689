"""Tagged texts in all output formats, with their input columns, written and read again."""

import csv
import io
import json
from dataclasses import replace

import pytest

from syntagma.data.options import ReadOptions
from syntagma.data.sentences.reading import read_tagged_table
from syntagma.errors import ConfigError
from syntagma.tasks.tagging.formats import WRITERS
from syntagma.tasks.tagging.results import PredictedSpan, PredictedTag, TaggedText
from syntagma.tasks.tagging.tagged_texts import TaggedTexts

WORDS = (PredictedTag(0, 2, "in", "O", 0.9), PredictedTag(4, 8, "Rome", "B-place", 0.8))
SPANS = (PredictedSpan(4, 8, "place", "Rome", 0.8),)
# Column names that have a meaning in one format or another.
INPUTS = {
    "id": 7,
    "text": "another",
    "label": "old",
    "labels": ["old"],
    "intent": "old",
    "cats": {"old": 1.0},
    "entities": [[0, 2, "old"]],
    "spans": [{"start": 0, "end": 2, "label": "old"}],
    "tokens": ["x"],
    "tags": ["B-old"],
    "global.columns": "a b",
    "": "nameless",
    "a\tb": "x\ty\nz",
    "score": float("nan"),
    "none": None,
}


def texts(label="ask"):
    probability = None if label is None else 0.7
    return TaggedTexts([TaggedText("in  Rome", WORDS, SPANS, False, label, probability)], [INPUTS])


@pytest.mark.parametrize("label", ["ask", None])
@pytest.mark.parametrize(
    ("form", "name"),
    [("jsonl", "a.jsonl"), ("conll", "a.conll"), ("spacy", "a.jsonl"), ("doccano", "a.jsonl"), ("prodigy", "a.jsonl")],
)
def test_written_predictions_can_be_read_again_with_any_input_columns(tmp_path, form, name, label):
    (tmp_path / name).write_bytes(WRITERS[form].write(texts(label)))
    table = read_tagged_table(tmp_path / name)
    assert (table.texts, table.tags) == (["in  Rome"], [["O", "B-place"]])
    assert table.labels == (label and [label])
    assert str(table.columns["id"][0]) == "7"
    assert table.columns["given_label"] == ["old"]


def test_json_has_null_instead_of_nan():
    for form in ("jsonl", "spacy", "label-studio"):
        content = WRITERS[form].write(texts()).decode()
        record = json.loads(content, parse_constant=pytest.fail)
        fields = record[0]["data"] if form == "label-studio" else record
        assert fields["score"] is None
        assert fields["given_entities"] == [[0, 2, "old"]]


def test_input_columns_become_comments_of_one_line():
    lines = WRITERS["conll"].write(texts()).decode().splitlines()
    assert "# a_b = x y z" in lines
    assert not any(line.startswith(("#  =", "# global.columns")) for line in lines)
    assert lines[-3:] == ["in\t0.9000\tO", "Rome\t0.8000\tB-place", ""]


def blocks():
    """Return two blocks of texts: with a span, without spans, and with a span across two lines."""
    nothing = TaggedText("no", (PredictedTag(0, 2, "no", "O", 0.5),), ())
    words = tuple(
        PredictedTag(start, end, text, tag, 0.75)
        for start, end, text, tag in [(0, 3, "San", "B-a/b c"), (5, 11, "Marino", "I-a/b c"), (11, 12, "!", "O")]
    )
    lines = TaggedText("San\r\nMarino!", words, (PredictedSpan(0, 11, "a/b c", "San\r\nMarino", 0.6),))
    first = TaggedText("in  Rome", WORDS, SPANS)
    return [TaggedTexts([first, nothing], [{"id": 7}, {"id": 8}]), TaggedTexts([lines], [{"id": 9}])]


def write(form, parts=None):
    return b"".join(WRITERS[form].pieces(blocks() if parts is None else parts)).decode()


def test_csv_has_one_row_per_span():
    rows = list(csv.DictReader(io.StringIO(write("csv"))))
    assert [list(row.values()) for row in rows] == [
        ["7", "1", "4", "8", "place", "Rome", "0.8"],
        ["9", "3", "0", "11", "a/b c", "San\r\nMarino", "0.6"],
    ]
    assert list(rows[0]) == ["id", "row", "start", "end", "label", "span", "probability"]


def test_csv_has_one_row_per_word_for_plain_tags_and_one_per_labelled_text():
    tags = TaggedText("in  Rome", WORDS, (), has_plain_tags=True)
    lines = write("csv", [TaggedTexts([tags], [{"label": "x"}])]).splitlines()
    assert lines == ["given_label,row,start,end,label,span,probability", "x,1,0,2,O,in,0.9", "x,1,4,8,B-place,Rome,0.8"]
    labelled = TaggedText("no", (PredictedTag(0, 2, "no", "O", 0.5),), (), False, "ask", 0.25)
    lines = write("csv", [TaggedTexts([labelled], [{}])]).splitlines()
    assert lines[0].endswith("span,probability,text_label,text_label_probability")
    assert lines[1] == "1,,,,,,ask,0.25"


def test_csv_rejects_rows_with_different_columns():
    one, other = blocks()
    with pytest.raises(ConfigError, match="row 3 has different columns than the first"):
        write("csv", [one, other._replace(inputs=[{"id": 9, "more": 1}])])


def test_conllu_has_spans_in_the_last_column():
    sentences = write("conllu").split("\n\n")
    assert sentences[0].splitlines() == [
        "# sent_id = 1",
        "# text = in  Rome",
        "# id = 7",
        "1\tin\t_\t_\t_\t_\t_\t_\t_\tNER=O|Probability=0.9000",
        "2\tRome\t_\t_\t_\t_\t_\t_\t_\tNER=B-place|Probability=0.8000",
    ]
    assert sentences[2].splitlines()[0] == "# sent_id = 3"
    assert sentences[2].splitlines()[4].endswith("\tNER=I-a/b c|Probability=0.7500|SpaceAfter=No")


@pytest.mark.parametrize(("tags", "column"), [(("ADP", "PROPN"), "upos"), (("IN", "NNP"), "xpos")])
def test_conllu_with_plain_tags_can_be_read_again(tmp_path, tags, column):
    words = tuple(replace(word, tag=tag) for word, tag in zip(WORDS, tags, strict=True))
    text = TaggedText("in  Rome", words, (), has_plain_tags=True)
    empty = TaggedText(" ", (), (), has_plain_tags=True)
    (tmp_path / "a.conllu").write_text(write("conllu", [TaggedTexts([text, empty], [{"sent_id": "w-1"}, {}])]))
    table = read_tagged_table(tmp_path / "a.conllu", ReadOptions(columns={"tag": column}))
    assert (table.words, table.tags) == ([["in", "Rome"]], [list(tags)])
    assert table.columns["sent_id"] == ["w-1"]


def test_brat_positions_refer_to_the_file_of_all_texts():
    lines = write("brat").splitlines()
    assert lines == [
        "T1\tplace 4 8\tRome",
        "#1\tAnnotatorNotes T1\tprobability 0.8000",
        "T2\ta_b_c 12 15;17 23\tSan Marino",
        "#2\tAnnotatorNotes T2\tprobability 0.6000",
    ]
    texts = b"".join(map(WRITERS["brat"].companion, blocks())).decode()
    assert texts == "in  Rome\nno\nSan\r\nMarino!\n"
    assert (texts[4:8], texts[12:15], texts[17:23]) == ("Rome", "San", "Marino")


@pytest.mark.parametrize("form", WRITERS)
def test_blocks_are_written_as_one_file(form):
    first, second = blocks()
    together = TaggedTexts(
        [*first.predictions, *second.predictions], [*first.inputs, *second.inputs], ["place", "a/b c"]
    )
    parts = [one._replace(labels=together.labels) for one in (first, second)]
    assert write(form, parts) == WRITERS[form].write(together).decode()
