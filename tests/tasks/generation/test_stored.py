import json

import numpy as np
import pytest

from syntagma.errors import FolderError
from syntagma.evaluation.generation.predictions import Attention, GeneratedSplit, Output, SearchRow
from syntagma.tasks.generation.stored import make_records, read_generated, write_generated

HOSTILE = 'line\n\u2028 "quoted" \x00 ☃ <b>'


def make_split(**changes):
    values = {
        "sources": ["one", HOSTILE, ""],
        "references": ["uno", HOSTILE, "nada"],
        "outputs": [
            Output("un o", ["▁un", "▁o"], [-0.5, -0.25, -1.0], -1.25, [0.25, 0.0], ("low confidence", "truncated")),
            Output(HOSTILE, [HOSTILE], [-0.125, -2.0], -2.125, [1.0], (), "longest length"),
            Output("", [], [], 0.0, None),
        ],
        "losses": [1.5, 2.0, 0.25],
        "reference_pieces": [2, 3, 2],
        "attention": {0: Attention(["▁one"], np.array([[1.0], [1.0], [0.5]], np.float32))},
        "baselines": {"copy the source": ["one", HOSTILE, ""]},
        "kept": ("numbers",),
        "searches": [SearchRow(2, 0.5, 0.0, {"bleu": 12.5, "length_ratio": 1.0}, None, True)],
        "new_words": [0, 2, 0],
        "places": ["a.tsv:1", "a.tsv:2", "a.tsv:3"],
    }
    return GeneratedSplit(**values | changes)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"losses": None, "reference_pieces": None},
        {"attention": {}, "baselines": {}, "kept": (), "searches": None, "new_words": None, "places": None},
    ],
)
def test_stored_predictions_are_read_as_written(tmp_path, changes):
    split = make_split(**changes)
    write_generated(tmp_path / "test.jsonl", split)
    found = read_generated(tmp_path / "test.jsonl")
    for name, value in vars(split).items():
        if name != "attention":
            assert getattr(found, name) == value, name
    assert list(found.attention) == list(split.attention)
    for row, (pieces, weights) in split.attention.items():
        assert found.attention[row].source_pieces == pieces
        np.testing.assert_allclose(found.attention[row].weights, weights, atol=1e-4)


def test_no_predictions_can_be_stored(tmp_path):
    write_generated(tmp_path / "test.jsonl", GeneratedSplit([], [], []))
    assert len(read_generated(tmp_path / "test.jsonl")) == 0


def test_records_contain_place_and_texts():
    first, second, _ = make_records(make_split())
    assert first == {
        "row": 1, "place": "a.tsv:1", "source": "one", "reference": "uno", "output": "un o", "score": -1.25,
    }  # fmt: skip
    assert second["output"] == HOSTILE
    assert make_records(make_split(places=None))[0]["place"] == ""


def change(lines, row, **values):
    """Return the lines with changed values in one of them; keys with `__` are nested."""
    record = json.loads(lines[row])
    for name, value in values.items():
        *outer, key = name.split("__")
        inner = record
        for one in outer:
            inner = inner[one]
        if value is ...:
            del inner[key]
        else:
            inner[key] = value
    return [*lines[:row], json.dumps(record), *lines[row + 1 :]]


@pytest.mark.parametrize(
    ("row", "values"),
    [
        (0, {"kept": 5}),
        (0, {"searches": [{"beams": 2}]}),
        (0, {"searches": ...}),
        (1, {"source": ...}),
        (1, {"source": 7}),
        (1, {"reference": None}),
        (1, {"output": "text"}),
        (1, {"output__text": ["list"]}),
        (1, {"output__pieces": "text"}),
        (1, {"output__log_probs": [None]}),
        (1, {"output__log_probs": ["0.5"]}),
        (1, {"output__log_probs": [float("nan")]}),
        (1, {"output__score": "high"}),
        (1, {"output__copied": [None]}),
        (1, {"output__doubts": None}),
        (1, {"output__more": 1}),
        (1, {"baselines": None}),
        (1, {"baselines": {}}),
        (1, {"baselines": {"copy the source": 3}}),
        (1, {"loss": "low"}),
        (1, {"reference_pieces": -1}),
        (1, {"attention__weights": [[1.0], [1.0]]}),
        (1, {"attention__weights": [["x"], [1.0], [1.0]]}),
        (1, {"attention__pieces": None}),
        (1, {"attention__pieces": []}),
    ],
)
def test_a_modified_file_is_rejected_with_its_name(tmp_path, row, values):
    path = tmp_path / "test.jsonl"
    write_generated(path, make_split())
    lines = path.read_text(encoding="utf-8").split("\n")[:-1]
    path.write_text("\n".join(change(lines, row, **values)) + "\n", encoding="utf-8")
    with pytest.raises(FolderError, match=r"test\.jsonl: was modified, or is of another version"):
        read_generated(path)


@pytest.mark.parametrize("content", [b"", b"\n", b"[]\n", b"{\n", b"\xff\n", b"7\n", b'{"kept": []}\n{}\n'])
def test_a_damaged_file_is_rejected_with_its_name(tmp_path, content):
    path = tmp_path / "test.jsonl"
    path.write_bytes(content)
    with pytest.raises(FolderError, match=r"test\.jsonl: was modified, or is of another version"):
        read_generated(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FolderError, match=r"test\.jsonl: does not exist; finish training"):
        read_generated(tmp_path / "test.jsonl")
