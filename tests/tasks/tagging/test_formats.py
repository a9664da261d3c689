"""Tagged texts in all forms, beside what the input says of them, and back again."""

import json

import pytest

from syntagma.data.sentences.reading import read_tagged_table
from syntagma.tasks.tagging.formats import WRITERS, TaggedTexts
from syntagma.tasks.tagging.results import FoundSpan, FoundTag, TaggedText

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
