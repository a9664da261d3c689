"""Tests of names that are word columns in one sentence and something else in another."""

import json

import pytest

from syntagma.data.options import ReadOptions
from syntagma.data.sentences.reading import read_tagged_table
from syntagma.errors import DataError


@pytest.fixture
def lines(tmp_path):
    def write(name, *records):
        (tmp_path / name).write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
        return tmp_path / name

    return write


@pytest.mark.parametrize("value", [3, "xy", ["x"], None])
def test_a_sentence_value_with_the_name_of_a_word_column_is_not_a_tag(lines, value):
    first = {"tokens": ["a", "b"], "tags": ["O", "O"], "pos": value}
    path = lines("a.jsonl", first, {"tokens": ["c"], "tags": ["O"], "pos": ["X"]})
    with pytest.raises(
        DataError, match=r"a\.jsonl:1: (the sentence has no 'pos'|each word needs a tag; got 2 .* 1 pos)"
    ):
        read_tagged_table(path, ReadOptions(columns={"tag": "pos"}))


def test_a_label_that_looks_like_a_word_column_in_one_sentence_is_an_error(lines):
    records = [{"tokens": ["a"], "tags": ["O"], "intent": intent} for intent in ("ask", ["ask"])]
    with pytest.raises(DataError, match=r"a\.jsonl:2: the sentence needs a label in 'intent'; got None"):
        read_tagged_table(lines("a.jsonl", *records), ReadOptions(columns={"label": "intent"}))


@pytest.mark.parametrize("text", [7, {"raw": "a b"}, ["a", "b", "c"]])
def test_a_text_that_is_not_a_string_is_an_ordinary_column(lines, text):
    table = read_tagged_table(lines("a.jsonl", {"tokens": ["a", "b"], "tags": ["O", "O"], "text": text}))
    assert (table.texts, table.columns) == (["a b"], {"text": [text]})


def test_words_named_text_do_not_affect_the_texts_of_other_sentences(lines):
    records = [
        {"tokens": ["a"], "tags": ["O"], "text": ["A"]},
        {"tokens": ["a", "b"], "tags": ["O"] * 2, "text": "a  b"},
    ]
    table = read_tagged_table(lines("a.jsonl", *records))
    assert (table.texts, table.columns) == (["a", "a  b"], {"text": [["A"], None]})


def test_tags_of_a_whole_text_are_kept_next_to_its_spans(lines):
    table = read_tagged_table(lines("a.jsonl", {"text": "In Rome", "entities": [[3, 7, "p"]], "tags": ["news"]}))
    assert (table.tags, table.columns) == ([["O", "B-p"]], {"tags": [["news"]]})


def test_a_sentence_value_may_have_the_name_of_a_word_column(tmp_path):
    head = "# global.columns = form intent text\n# intent = ask\n# text = a  b\n"
    (tmp_path / "a.conll").write_text(f"{head}a\tO\tO\nb\tO\tO\n", encoding="utf-8")
    table = read_tagged_table(tmp_path / "a.conll")
    assert (table.texts, table.labels, table.columns) == (["a  b"], ["ask"], {"intent": [["O", "O"]]})
