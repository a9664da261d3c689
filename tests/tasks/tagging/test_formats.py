"""Tagged texts in all forms, beside what the input says of them, and back again."""

import csv
import io
import json
from dataclasses import replace

import pytest

from syntagma.data.options import ReadOptions
from syntagma.data.sentences.reading import read_tagged_table
from syntagma.errors import ConfigError
from syntagma.tasks.tagging.formats import WRITERS
from syntagma.tasks.tagging.results import FoundSpan, FoundTag, TaggedText
from syntagma.tasks.tagging.tagged_texts import TaggedTexts

WORDS = (FoundTag(0, 2, "in", "O", 0.9), FoundTag(4, 8, "Rome", "B-place", 0.8))
SPANS = (FoundSpan(4, 8, "place", "Rome", 0.8),)
# All that has a meaning in one form or another.
GIVEN = {
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
    sure = None if label is None else 0.7
    return TaggedTexts([TaggedText("in  Rome", WORDS, SPANS, False, label, sure)], [GIVEN])


@pytest.mark.parametrize("label", ["ask", None])
@pytest.mark.parametrize(
    ("form", "name"),
    [("jsonl", "a.jsonl"), ("conll", "a.conll"), ("spacy", "a.jsonl"), ("doccano", "a.jsonl"), ("prodigy", "a.jsonl")],
)
def test_what_was_found_is_read_again_whatever_stands_beside_it(tmp_path, form, name, label):
    (tmp_path / name).write_bytes(WRITERS[form].write(texts(label)))
    table = read_tagged_table(tmp_path / name)
    assert (table.texts, table.tags) == (["in  Rome"], [["O", "B-place"]])
    assert table.labels == (label and [label])
    assert str(table.columns["id"][0]) == "7"
    assert table.columns["given_label"] == ["old"]


def test_json_has_no_numbers_that_are_none():
    for form in ("jsonl", "spacy", "label-studio"):
        content = WRITERS[form].write(texts()).decode()
        record = json.loads(content, parse_constant=pytest.fail)
        found = record[0]["data"] if form == "label-studio" else record
        assert found["score"] is None
        assert found["given_entities"] == [[0, 2, "old"]]


def test_comments_of_columns_are_one_line_each():
    lines = WRITERS["conll"].write(texts()).decode().splitlines()
    assert "# a_b = x y z" in lines
    assert not any(line.startswith(("#  =", "# global.columns")) for line in lines)
    assert lines[-3:] == ["in\t0.9000\tO", "Rome\t0.8000\tB-place", ""]


def blocks():
    """Two blocks of texts: with spans, without any, and with one over two lines."""
    nothing = TaggedText("no", (FoundTag(0, 2, "no", "O", 0.5),), ())
    words = tuple(
        FoundTag(start, end, text, tag, 0.75)
        for start, end, text, tag in [(0, 3, "San", "B-a/b c"), (5, 11, "Marino", "I-a/b c"), (11, 12, "!", "O")]
    )
    lines = TaggedText("San\r\nMarino!", words, (FoundSpan(0, 11, "a/b c", "San\r\nMarino", 0.6),))
    first = TaggedText("in  Rome", WORDS, SPANS)
    return [TaggedTexts([first, nothing], [{"id": 7}, {"id": 8}]), TaggedTexts([lines], [{"id": 9}])]


def written(form, of=None):
    return b"".join(WRITERS[form].pieces(blocks() if of is None else of)).decode()


def test_csv_has_a_row_for_each_span():
    rows = list(csv.DictReader(io.StringIO(written("csv"))))
    assert [list(row.values()) for row in rows] == [
        ["7", "1", "4", "8", "place", "Rome", "0.8"],
        ["9", "3", "0", "11", "a/b c", "San\r\nMarino", "0.6"],
    ]
    assert list(rows[0]) == ["id", "row", "start", "end", "label", "span", "probability"]


def test_csv_of_plain_tags_has_a_row_for_each_word_and_of_labels_one_for_each_text():
    tags = TaggedText("in  Rome", WORDS, (), has_plain_tags=True)
    lines = written("csv", [TaggedTexts([tags], [{"label": "x"}])]).splitlines()
    assert lines == ["given_label,row,start,end,label,span,probability", "x,1,0,2,O,in,0.9", "x,1,4,8,B-place,Rome,0.8"]
    labelled = TaggedText("no", (FoundTag(0, 2, "no", "O", 0.5),), (), False, "ask", 0.25)
    lines = written("csv", [TaggedTexts([labelled], [{}])]).splitlines()
    assert lines[0].endswith("span,probability,text_label,text_label_probability")
    assert lines[1] == "1,,,,,,ask,0.25"


def test_csv_refuses_rows_of_other_columns():
    one, other = blocks()
    with pytest.raises(ConfigError, match="row 3 has other columns than the first; CSV cannot hold them, jsonl can"):
        written("csv", [one, other._replace(given=[{"id": 9, "more": 1}])])


def test_conllu_has_spans_in_its_last_column():
    sentences = written("conllu").split("\n\n")
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
def test_conllu_of_plain_tags_is_read_again(tmp_path, tags, column):
    words = tuple(replace(word, tag=tag) for word, tag in zip(WORDS, tags, strict=True))
    text = TaggedText("in  Rome", words, (), has_plain_tags=True)
    empty = TaggedText(" ", (), (), has_plain_tags=True)
    (tmp_path / "a.conllu").write_text(written("conllu", [TaggedTexts([text, empty], [{"sent_id": "w-1"}, {}])]))
    table = read_tagged_table(tmp_path / "a.conllu", ReadOptions(columns={"tag": column}))
    assert (table.words, table.tags) == ([["in", "Rome"]], [list(tags)])
    assert table.columns["sent_id"] == ["w-1"]


def test_brat_has_places_in_the_file_of_all_texts():
    lines = written("brat").splitlines()
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
def test_blocks_make_one_file(form):
    first, second = blocks()
    together = TaggedTexts([*first.found, *second.found], [*first.given, *second.given], ["place", "a/b c"])
    of_blocks = [one._replace(labels=together.labels) for one in (first, second)]
    assert written(form, of_blocks) == WRITERS[form].write(together).decode()
