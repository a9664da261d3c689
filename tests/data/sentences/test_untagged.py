"""Tests of reading sentences to be tagged from files of all formats."""

import io
import json
import sys

import pytest

from syntagma.data.options import ReadOptions
from syntagma.data.sentences.untagged import read_sentences
from syntagma.errors import ConfigError, DataError

WORDS = [["In", "Rome"], ["Yes"]]


@pytest.mark.parametrize(
    ("name", "content", "columns"),
    [
        ("a.conll", "In\nRome\n\nYes\n", {}),
        ("a.conll", "# id = 7\nIn\tO\nRome\tB-place\n\nYes\tO\n", {"id": ["7", None]}),
        ("a.jsonl", [{"tokens": ["In", "Rome"], "id": 7}, {"tokens": ["Yes"], "tags": ["O"]}], {"id": [7, None]}),
        ("a.jsonl", [{"text": "In Rome", "id": 7}, {"text": "Yes", "id": 8}], {"id": [7, 8]}),
        ("a.csv", "id,text\n7,In Rome\n8,Yes\n", {"id": ["7", "8"]}),
        ("a.txt", "In Rome\nYes\n", {}),
    ],
)
def test_words_and_other_values_are_read(tmp_path, name, content, columns):
    if not isinstance(content, str):
        content = "\n".join(map(json.dumps, content))
    (tmp_path / name).write_text(content, encoding="utf-8")
    table = read_sentences(tmp_path / name)
    assert (table.words, table.tags, table.columns) == (WORDS, None, columns)


def test_columns_can_be_chosen(tmp_path):
    (tmp_path / "a.csv").write_text("title,body\nx,In Rome\ny,Yes\n", encoding="utf-8")
    table = read_sentences(tmp_path / "a.csv", ReadOptions(columns={"text": "body"}))
    assert (table.words, table.columns) == (WORDS, {"title": ["x", "y"]})
    (tmp_path / "a.conll").write_text("1 In\n2 Rome\n\n1 Yes\n", encoding="utf-8")
    assert read_sentences(tmp_path / "a.conll", ReadOptions(columns={"word": "2"})).words == WORDS
    with pytest.raises(ConfigError, match="--text-column is for texts, but this file contains words"):
        read_sentences(tmp_path / "a.conll", ReadOptions(columns={"text": "x"}))
    with pytest.raises(ConfigError, match="--word-column is for words in columns, but this file contains texts"):
        read_sentences(tmp_path / "a.csv", ReadOptions(columns={"word": "2"}))


def test_lines_of_json_need_words_or_a_text(tmp_path):
    lines = [
        {"tokens": ["a"]},
        {"text": "b c", "id": 2},
        {"tokens": [], "id": 3},
        {"tokens": [{"text": "d"}], "text": "d"},
    ]
    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    table = read_sentences(tmp_path / "a.jsonl")
    assert table.words == [["a"], ["b", "c"], [], ["d"]]
    assert table.columns == {"id": [None, 2, 3, None]}
    (tmp_path / "b.jsonl").write_text('{"tokens": ["a"]}\n{"tokens": "b"}\n', encoding="utf-8")
    with pytest.raises(DataError, match=r"b\.jsonl:2: 'tokens', a list of words, or 'text' is needed"):
        read_sentences(tmp_path / "b.jsonl")
    assert read_sentences(tmp_path / "b.jsonl", ReadOptions(bad_rows="skip")).words == [["a"]]
    prodigy = {"text": "In Rome", "tokens": [{"text": "In"}, {"text": "Rome"}], "spans": []}
    (tmp_path / "c.jsonl").write_text(json.dumps(prodigy), encoding="utf-8")
    assert read_sentences(tmp_path / "c.jsonl").words == [["In", "Rome"]]


def test_all_values_next_to_words_are_kept(tmp_path):
    record = {"tokens": ["In", "Rome"], "topics": ["x", "y"], "text": "in Rome", "tags": ["O", "O"]}
    (tmp_path / "a.jsonl").write_text(json.dumps(record), encoding="utf-8")
    table = read_sentences(tmp_path / "a.jsonl")
    assert table.columns == {"topics": [["x", "y"]], "text": ["in Rome"]}  # the text is not that of the words
    assert table.texts == ["In Rome"]


def test_the_format_can_be_chosen(tmp_path, monkeypatch):
    (tmp_path / "a.txt").write_text('{"tokens": ["In", "Rome"]}\n', encoding="utf-8")
    assert read_sentences(tmp_path / "a.txt", format="jsonl").words == WORDS[:1]
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"In O\nRome B-place\n\nYes O\n")))
    assert read_sentences("-", format="conll").words == WORDS
