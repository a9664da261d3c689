"""Tests that reading a file in blocks yields the same rows as reading it as a whole."""

import io
import json
import sys

import pytest

from syntagma.data.options import ReadOptions
from syntagma.data.sentences.untagged import read_sentence_blocks, read_sentences
from syntagma.data.texts.reading import read_blocks, read_table
from syntagma.errors import DataError

ROWS = [{"id": str(row), "text": f"text {row},\nof it" if row % 3 == 0 else f"text {row}"} for row in range(7)]


def content_of(name):
    if name.endswith("csv"):
        return "id,text\n" + "".join(f'{row["id"]},"{row["text"]}"\n' for row in ROWS)
    if name.endswith("tsv"):
        return "id\ttext\n" + "".join(f"{row['id']}\ttext {row['id']}\n" for row in ROWS)
    if name.endswith("jsonl"):
        return "".join(json.dumps(row | ({"late": 1} if row["id"] == "6" else {})) + "\n" for row in ROWS)
    return "a b\n\nc\nd e f\n\n \ng\n"


@pytest.mark.parametrize("name", ["a.csv", "a.tsv", "a.jsonl", "a.txt"])
@pytest.mark.parametrize("most", [1, 3, 100])
def test_blocks_together_contain_the_rows_of_the_file(tmp_path, name, most):
    path = tmp_path / name
    path.write_text(content_of(name), encoding="utf-8")
    whole, blocks = read_table(path, labelled=False), list(read_blocks(path, most=most))
    assert [len(block) for block in blocks] == [min(most, 7 - start) for start in range(0, 7, most)]
    for field in ("texts", "lines"):
        assert [value for block in blocks for value in getattr(block, field)] == getattr(whole, field)
    for block in blocks:
        assert (block.header, block.delimiter, block.names["text"]) == (whole.header, whole.delimiter, "text")
        assert list(block.columns) == list(whole.columns)
    assert {name: [v for block in blocks for v in block.columns[name]] for name in whole.columns} == whole.columns
    sentences = list(read_sentence_blocks(path, most=most))
    assert [words for block in sentences for words in block.words] == read_sentences(path).words


def test_tagged_words_are_read_in_blocks_too(tmp_path):
    (tmp_path / "a.conll").write_text("a\tO\n\nb\tO\nc\tO\n\nd\tO\n", encoding="utf-8")
    (tmp_path / "b.jsonl").write_text('{"tokens": ["a"]}\n{"text": "b c"}\n{"tokens": ["d"]}\n', encoding="utf-8")
    for name in ("a.conll", "b.jsonl"):
        blocks = [block.words for block in read_sentence_blocks(tmp_path / name, most=2)]
        assert blocks == [[["a"], ["b", "c"]], [["d"]]]


def test_bad_rows_are_counted_across_all_blocks(tmp_path, loud, capsys):
    path = tmp_path / "a.csv"
    path.write_text("id,text\n1,a\n2\n3\n4,d\n5\n", encoding="utf-8")
    blocks = list(read_blocks(path, ReadOptions(bad_rows="skip"), most=1))
    assert [block.texts for block in blocks] == [["a"], ["d"]]
    assert "skipped 3 bad rows: lines 3, 4, 6" in capsys.readouterr().err
    reading = read_blocks(path, most=1)
    assert next(reading).texts == ["a"]
    with pytest.raises(DataError, match=r"a\.csv:3: the row has 1 field"):
        next(reading)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.txt", "", "is empty; one text per line is needed"),
        ("a.csv", "id,text\n", "has a header but no rows"),
        ("a.csv", "id,text\n1\n", "no row is left: all 1 are bad"),
        ("a.jsonl", "", "is empty; one JSON object per line is needed"),
    ],
)
def test_reading_blocks_of_a_file_without_rows_is_an_error(tmp_path, name, content, message):
    (tmp_path / name).write_text(content, encoding="utf-8")
    for read in (read_blocks, read_sentence_blocks):
        with pytest.raises(DataError, match=message):
            list(read(tmp_path / name, ReadOptions(bad_rows="skip"), most=2))


def test_new_keys_on_the_standard_input_become_columns_from_then_on(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content_of("a.jsonl").encode())))
    blocks = list(read_blocks("-", format="jsonl", most=4))
    assert [list(block.columns) for block in blocks] == [["id"], ["id", "late"]]
