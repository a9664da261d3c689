"""Tagged text in further JSON forms, and in tables with one sentence per row."""

import json

import polars
import pytest

from syntagma.data.options import ReadOptions
from syntagma.data.sentences.reading import holds_tagged_words, read_tagged_table
from syntagma.data.texts.reading import read_table
from syntagma.errors import DataError

WORDS, TAGS = ["In", "New", "York"], ["O", "B-place", "I-place"]
PAIRS = [list(pair) for pair in zip(WORDS, TAGS, strict=True)]
OBJECTS = [{"text": word, "ner": tag} for word, tag in PAIRS]
TEXT = "In New York"
SPANS = [{"start": 3, "end": 11, "labels": ["place"]}]


def quoted(value):
    return '"' + value.replace('"', '""') + '"'


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("pairs.jsonl", json.dumps(PAIRS) + "\n"),
        ("key.jsonl", json.dumps({"sentence": PAIRS}) + "\n"),
        ("objects.jsonl", json.dumps({"tokens": OBJECTS}) + "\n"),
        ("strings.jsonl", json.dumps({"words": " ".join(WORDS), "labels": " ".join(TAGS)}) + "\n"),
        ("type.jsonl", json.dumps({"text": TEXT, "entities": [{"start": 3, "end": 11, "type": "place"}]}) + "\n"),
        ("length.jsonl", json.dumps({"text": TEXT, "ner": [{"offset": 3, "length": 8, "category": "place"}]}) + "\n"),
        ("lists.csv", f"tokens,tags\n{quoted(str(WORDS))},{quoted(str(TAGS))}\n"),
        ("json.csv", f"id,tokens,ner_tags\n1,{quoted(json.dumps(WORDS))},{quoted(json.dumps(TAGS))}\n"),
        ("strings.csv", f'sentence,word_labels\n{" ".join(WORDS)},"{",".join(TAGS)}"\n'),
        ("studio.csv", f"id,text,label\n1,In New York,{quoted(json.dumps(SPANS))}\n"),
        ("lists.tsv", f"tokens\ttags\n{WORDS}\t{TAGS}\n"),
    ],
)
def test_one_sentence_per_row_is_read_in_many_forms(tmp_path, name, content):
    path = tmp_path / name
    path.write_text(content)
    table = read_tagged_table(path)
    assert (table.words, table.tags) == ([WORDS], [TAGS])
    assert holds_tagged_words(path)


def test_parquet_may_contain_lists_of_words_and_tags(tmp_path):
    path = tmp_path / "a.parquet"
    polars.DataFrame({"id": [7], "tokens": [WORDS], "ner_tags": [[0, 1, 2]]}).write_parquet(path)
    table = read_tagged_table(path, ReadOptions(label_names=["O", "B-place", "I-place"]))
    assert (table.words, table.tags, table.columns) == ([WORDS], [TAGS], {"id": [7]})
    with pytest.raises(DataError, match=r"the tags in 'ner_tags' are numbers; list their names in order"):
        read_tagged_table(path)


def test_columns_of_lists_can_be_named(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(f"toks,iob\n{quoted(str(WORDS))},{quoted(str(TAGS))}\n")
    table = read_tagged_table(path, ReadOptions(columns={"word": "toks", "tag": "iob"}))
    assert (table.words, table.tags) == ([WORDS], [TAGS])


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ({"raw": "a", "sentences": []}, "this is spaCy's old training JSON, which is not supported"),
        ({"rasa_nlu_data": {"common_examples": []}}, "this is Rasa's JSON, which is not supported"),
    ],
)
def test_unsupported_forms_are_reported_by_name(tmp_path, record, message):
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps(record) + "\n")
    with pytest.raises(DataError, match=message):
        read_tagged_table(path)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", "text,labels\nIn Rome,\"['a', 'b']\"\nno,\"['a']\"\n"),
        ("b.csv", "text,label\nyes,O\nno,A\n"),
        ("c.csv", "text,label\nyes,[positive]\nno,[negative]\n"),
    ],
)
def test_labelled_texts_are_not_tagged_words(tmp_path, name, content):
    path = tmp_path / name
    path.write_text(content)
    assert not holds_tagged_words(path)
    assert len(read_table(path)) == 2
