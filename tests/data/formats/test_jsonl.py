"""JSON lines and JSON lists, which share a reader for texts and for tagged words."""

import gzip
import json

import pytest

from syntagma.data.formats.jsonl import read_jsonl, read_objects, read_records
from syntagma.data.formats.rows import BadRows
from syntagma.data.sentences.reading import read_tagged_table
from syntagma.data.sentences.untagged import read_sentences
from syntagma.data.texts.reading import read_table
from syntagma.errors import DataError

RECORDS = [{"text": "In Rome", "label": "ask", "id": 7}, {"text": "Yes", "label": "tell"}]


@pytest.fixture
def written(tmp_path):
    """Write records in the layout that fits the file name: lines, or one list."""

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


@pytest.mark.parametrize(
    ("name", "lines"),
    [("a.jsonl", [1, 2]), ("a.json", [2, 7]), ("a.JSON", [2, 7]), ("a.jsonl.gz", [1, 2]), ("a.json.gz", [2, 7])],
)
def test_lines_and_a_list_give_the_same_records(written, name, lines):
    path = written(name, RECORDS)
    assert list(read_records(path, bad_rows(path))) == list(zip(lines, RECORDS, strict=True))
    rows = read_jsonl(path, bad_rows(path))
    assert rows.columns == {"text": ["In Rome", "Yes"], "label": ["ask", "tell"], "id": [7, None]}
    assert rows.places == lines
    table = read_table(path, format="jsonl")
    assert (table.texts, table.labels, table.lines) == (["In Rome", "Yes"], ["ask", "tell"], lines)


@pytest.mark.parametrize(("name", "lines"), [("a.jsonl", [1, 2]), ("a.json", [2, 11])])
def test_tagged_words_use_the_same_reader(written, name, lines):
    path = written(name, [{"tokens": ["Rome"], "tags": ["B-place"], "id": 1}, {"tokens": ["Yes"], "tags": ["O"]}])
    table = read_tagged_table(path)
    assert (table.words, table.tags) == ([["Rome"], ["Yes"]], [["B-place"], ["O"]])
    assert (table.lines, table.columns) == (lines, {"id": [1, None]})


@pytest.mark.parametrize(("name", "lines"), [("a.jsonl", [1, 2, 4]), ("a.json", [2, 7, 11])])
def test_a_value_that_is_not_an_object_is_bad_in_both(written, name, lines):
    path = written(name, [RECORDS[0], [1], "x", RECORDS[1]])
    with pytest.raises(DataError, match=rf"{name}:{lines[1]}: one JSON object \{{\.\.\.\}} is needed; got a list"):
        list(read_objects(path, bad_rows(path)))
    skipped = bad_rows(path, skip=True)
    assert list(read_objects(path, skipped)) == [(lines[0], RECORDS[0]), (lines[2], RECORDS[1])]
    assert len(skipped) == 2


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[{", "a.json:1: is not valid JSON: "),
        ('[\n{"a": 1},\n{"a": }\n]', "a.json:3: is not valid JSON: Expecting value"),
        ('[\n{"a": 1}', "a.json: is cut short: the JSON list is not closed"),
        ("3", r"a.json:1: one JSON object \{...\} is needed; got a int"),
    ],
)
def test_a_json_file_without_a_list_is_an_error(tmp_path, content, message):
    (tmp_path / "a.json").write_text(content)
    with pytest.raises(DataError, match=message):
        list(read_objects(tmp_path / "a.json", bad_rows(tmp_path / "a.json")))


@pytest.mark.parametrize(
    "content",
    [
        '{"data": [{"a": 1}, {"a": 2}]}',
        '{\n "version": "1.0",\n "data": [\n  {"a": 1},\n  {"a": 2}\n ]\n}',
        '{\n "a": 1\n}\n{\n "a": 2\n}',
        '[{"a": 1},\n {"a": 2}]',
        '\n[\n\n{"a":\n1}\n,\n{"a": 2}]\n\n',
    ],
)
@pytest.mark.parametrize("name", ["a.json", "a.jsonl"])
def test_json_may_have_any_layout(tmp_path, content, name):
    (tmp_path / name).write_text(content)
    assert read_jsonl(tmp_path / name, bad_rows(tmp_path / name)).columns == {"a": [1, 2]}


@pytest.mark.parametrize("record", [{"a": "x", "b": [{"c": 1}]}, {"data": {"text": "x"}, "annotations": [{"r": 1}]}])
def test_an_object_with_more_than_a_list_is_a_record(tmp_path, record):
    (tmp_path / "a.json").write_text(json.dumps(record))
    assert list(read_records(tmp_path / "a.json", bad_rows("a.json"))) == [(1, record)]


def test_json_lines_may_have_the_extension_json(tmp_path):
    path = tmp_path / "a.json"
    path.write_text("\n".join(map(json.dumps, RECORDS)))
    assert read_table(path, format="jsonl").labels == ["ask", "tell"]
    assert read_sentences(path, format="jsonl").words == [["In", "Rome"], ["Yes"]]


def test_blank_lines_are_skipped_but_counted(tmp_path):
    (tmp_path / "a.jsonl").write_text('\n{"a": 1}\n \n{"a": 2}\n')
    assert [number for number, _ in read_records(tmp_path / "a.jsonl", bad_rows("a.jsonl"))] == [2, 4]
