"""JSON lines, and a list in a `.json` file: one reader for texts and for tagged words."""

import gzip
import json

import pytest

from syntagma.data.formats.jsonl import read_jsonl, read_records
from syntagma.data.formats.rows import BadRows
from syntagma.data.sentences.reading import read_tagged_table
from syntagma.data.sentences.untagged import read_sentences
from syntagma.data.texts.reading import read_table
from syntagma.errors import DataError

RECORDS = [{"text": "In Rome", "label": "ask", "id": 7}, {"text": "Yes", "label": "tell"}]


@pytest.fixture
def written(tmp_path):
    """Writes records as the name of a file promises: lines, or one list."""

    def write(name, records):
        plain = name.removesuffix(".gz")
        listed = plain.lower().endswith(".json")
        text = json.dumps(records, indent=1) if listed else "\n".join(map(json.dumps, records))
        raw = text.encode()
        (tmp_path / name).write_bytes(gzip.compress(raw) if name != plain else raw)
        return tmp_path / name

    return write


def bad_rows(path, skip=False):
    return BadRows(path, skip=skip)


@pytest.mark.parametrize("name", ["a.jsonl", "a.json", "a.JSON", "a.jsonl.gz", "a.json.gz"])
def test_lines_and_a_list_give_the_same_records(written, name):
    path = written(name, RECORDS)
    assert list(read_records(path, bad_rows(path))) == [(1, RECORDS[0]), (2, RECORDS[1])]
    rows = read_jsonl(path, bad_rows(path))
    assert rows.columns == {"text": ["In Rome", "Yes"], "label": ["ask", "tell"], "id": [7, None]}
    assert rows.places == [1, 2]
    table = read_table(path, format="jsonl")
    assert (table.texts, table.labels, table.lines) == (["In Rome", "Yes"], ["ask", "tell"], [1, 2])


@pytest.mark.parametrize("name", ["a.jsonl", "a.json"])
def test_tagged_words_come_through_the_same_reader(written, name):
    path = written(name, [{"tokens": ["Rome"], "tags": ["B-place"], "id": 1}, {"tokens": ["Yes"], "tags": ["O"]}])
    table = read_tagged_table(path)
    assert (table.words, table.tags) == ([["Rome"], ["Yes"]], [["B-place"], ["O"]])
    assert (table.lines, table.columns) == ([1, 2], {"id": [1, None]})


@pytest.mark.parametrize("name", ["a.jsonl", "a.json"])
def test_what_is_no_object_is_bad_in_both(written, name):
    path = written(name, [RECORDS[0], [1], "x", RECORDS[1]])
    with pytest.raises(DataError, match=rf"{name}:2: one JSON object \{{\.\.\.\}} is needed; got a list"):
        list(read_records(path, bad_rows(path)))
    skipped = bad_rows(path, skip=True)
    assert list(read_records(path, skipped)) == [(1, RECORDS[0]), (4, RECORDS[1])]
    assert len(skipped) == 2


@pytest.mark.parametrize(
    ("content", "message"),
    [("[{", "a.json: is not valid JSON: "), ("3", "a.json: must hold one list of texts, or JSON lines")],
)
def test_a_json_file_that_is_no_list_is_an_error(tmp_path, content, message):
    (tmp_path / "a.json").write_text(content)
    with pytest.raises(DataError, match=message):
        list(read_records(tmp_path / "a.json", bad_rows(tmp_path / "a.json")))


def test_json_lines_may_be_named_json_too(tmp_path):
    path = tmp_path / "a.json"
    path.write_text("\n".join(map(json.dumps, RECORDS)))
    assert read_table(path, format="jsonl").labels == ["ask", "tell"]
    assert read_sentences(path, format="jsonl").words == [["In", "Rome"], ["Yes"]]


def test_blank_lines_are_passed_over_and_counted(tmp_path):
    (tmp_path / "a.jsonl").write_text('\n{"a": 1}\n \n{"a": 2}\n')
    assert [number for number, _ in read_records(tmp_path / "a.jsonl", bad_rows("a.jsonl"))] == [2, 4]
