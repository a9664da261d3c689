"""Sentences that are to be tagged, out of files of every form."""

import json

import pytest

from syntagma.data.reading import ReadOptions
from syntagma.data.sentence_files import read_sentences
from syntagma.data.tagged_reading import TaggedReadOptions
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
def test_words_and_what_else_a_file_says(tmp_path, name, content, columns):
    if not isinstance(content, str):
        content = "\n".join(map(json.dumps, content))
    (tmp_path / name).write_text(content, encoding="utf-8")
    table = read_sentences(tmp_path / name)
    assert (table.words, table.tags, table.columns) == (WORDS, None, columns)


def test_columns_are_chosen(tmp_path):
    (tmp_path / "a.csv").write_text("title,body\nx,In Rome\ny,Yes\n", encoding="utf-8")
    table = read_sentences(tmp_path / "a.csv", texts=ReadOptions(text_column="body"))
    assert (table.words, table.columns) == (WORDS, {"title": ["x", "y"]})
    (tmp_path / "a.conll").write_text("1 In\n2 Rome\n\n1 Yes\n", encoding="utf-8")
    assert read_sentences(tmp_path / "a.conll", TaggedReadOptions(word_column="2")).words == WORDS
    with pytest.raises(ConfigError, match="--text-column is for texts, and this file holds words"):
        read_sentences(tmp_path / "a.conll", texts=ReadOptions(text_column="x"))
    with pytest.raises(ConfigError, match="--word-column is for words in columns, and this file holds texts"):
        read_sentences(tmp_path / "a.csv", TaggedReadOptions(word_column="2"))


def test_a_record_without_words_is_named_by_its_line(tmp_path):
    (tmp_path / "a.jsonl").write_text('{"tokens": ["a"]}\n{"tokens": "b"}\n', encoding="utf-8")
    with pytest.raises(DataError, match=r"a\.jsonl:2: 'tokens' and 'tags', or 'text' and spans"):
        read_sentences(tmp_path / "a.jsonl")
