"""Records of tagged text from JSON, Parquet, CSV and TSV files, converted for `syntagma.data.formats.annotations`.

A record is a JSON value, or a row of a Parquet, CSV or TSV file. CSV and TSV cells may contain lists written as text.
Records in the following forms are converted to lists of tokens and tags:

    [["In", "O"], ["Rome", "B-place"]]                          pairs, alone or under a key
    {"tokens": [{"text": "In", "ner": "O"}, ...]}               an object per word
    {"words": "In Rome", "labels": "O B-place"}                 words and tags in strings
"""

import csv
import json
import re
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path
from typing import Any

from syntagma.data.formats.delimited import read_csv, read_tsv
from syntagma.data.formats.jsonl import read_records
from syntagma.data.formats.lines import read_lines, strip_line_end
from syntagma.data.formats.parquet import read_parquet
from syntagma.data.formats.rows import BadRows, number_of
from syntagma.data.tables.label_cells import parse_list

_WORD_LISTS = ("tokens", "words", "sentence", "text")
_TAG_LISTS = ("tags", "ner_tags", "labels", "word_labels", "bio_tags", "ner", "label", "tag")
_WORDS_OF_OBJECTS = ("text", "word", "token", "form", "orth")
_TAGS_OF_OBJECTS = ("tag", "ner", "ner_tag", "label", "entity", "bio")
_TAG = re.compile(r"O|[BIESLU]-\S+")


def iterate_records(path: str | Path, format: str, bad_rows: BadRows) -> Iterator[tuple[int, Any]]:
    """Yield each record of a file with its line or row number, in a form that `annotations` reads.

    Args:
        path: File to read.
        format: Format of the file: "jsonl", "csv", "tsv" or "parquet".
        bad_rows: Collector of lines that violate the format.

    Raises:
        DataError: If the file violates its format.
    """
    if format == "jsonl":
        yield from ((number, normalise_record(record)) for number, record in read_records(path, bad_rows))
        return
    reader = {"csv": read_csv, "tsv": read_tsv}.get(format)
    rows = read_parquet(path) if reader is None else reader(path, bad_rows)
    for place, cells in zip(rows.places, zip(*rows.columns.values(), strict=True), strict=True):
        values = [_parse_cell(cell) for cell in cells] if reader else cells
        yield number_of(place), normalise_record(dict(zip(rows.columns, values, strict=True)))


def first_row(path: str | Path) -> dict[str, Any]:
    """Return the first row of a CSV or TSV file as a record. The record is empty if the row does not match the header.

    Raises:
        DataError: If the file cannot be read.
    """
    with read_lines(path) as lines:
        header, row = islice(chain((line for line in lines if line.strip()), ["", ""]), 2)
    delimiter = next((sign for sign in "\t;|" if sign in header and "," not in header), ",")
    names, cells = (next(csv.reader([strip_line_end(line)], delimiter=delimiter), []) for line in (header, row))
    if len(names) != len(cells):
        return {}
    record = normalise_record(dict(zip(map(str.strip, names), map(_parse_cell, cells), strict=True)))
    return record if isinstance(record, dict) else {}


def normalise_record(record: Any) -> Any:
    """Convert words and tags in a record from pairs, objects or strings to a list of tokens and a list of tags.

    Other records are returned unchanged.

    Example:
        >>> normalise_record({"id": 7, "words": "In Rome", "labels": "O B-place"})
        {'id': 7, 'tokens': ['In', 'Rome'], 'tags': ['O', 'B-place']}
    """
    if _are_pairs(record):
        return _split_pairs({}, record)
    if not isinstance(record, dict):
        return record
    key = next((name for name in _WORD_LISTS if _are_pairs(record.get(name)) or _are_objects(record.get(name))), None)
    if key is not None:
        facts = {name: value for name, value in record.items() if name != key}
        pairs = record[key] if _are_pairs(record[key]) else [_pair(one) for one in record[key]]
        return _split_pairs(facts, pairs)
    return _split_strings(record)


def _split_pairs(facts: dict[str, Any], pairs: list[Any]) -> dict[str, Any]:
    return {**facts, "tokens": [word for word, _ in pairs], "tags": [tag for _, tag in pairs]}


def _are_pairs(value: Any) -> bool:
    """Return whether a value is a non-empty list of (word, span tag) pairs."""
    if not isinstance(value, list) or not value:
        return False
    pairs = all(isinstance(one, list | tuple) and len(one) == 2 and set(map(type, one)) == {str} for one in value)
    return pairs and all(_TAG.fullmatch(tag) for _, tag in value)


def _are_objects(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, dict) and all(_pair(one)) for one in value)


def _pair(one: dict[str, Any]) -> tuple[str, str]:
    """Return the word and the tag of an object. A missing word or tag is ""."""
    word, tag = (
        next((one[name] for name in names if isinstance(one.get(name), str)), "")
        for names in (_WORDS_OF_OBJECTS, _TAGS_OF_OBJECTS)
    )
    return word, tag


def _split_strings(record: dict[str, Any]) -> dict[str, Any]:
    """Split the string of words and the string of tags in a record into lists; return other records unchanged."""
    for tag_key in _TAG_LISTS:
        tags = re.split(r"[\s,]+", record[tag_key].strip()) if isinstance(record.get(tag_key), str) else []
        if len(tags) < 2 or not all(map(_TAG.fullmatch, tags)):
            continue
        for word_key in _WORD_LISTS:
            words = record[word_key].split() if isinstance(record.get(word_key), str) else []
            if len(words) == len(tags):
                facts = {name: value for name, value in record.items() if name not in (word_key, tag_key)}
                return {**facts, "tokens": words, "tags": tags}
    return record


def _parse_cell(cell: str) -> Any:
    """Parse a cell with a list in JSON or Python syntax, without running code; return other cells unchanged."""
    text = cell.strip()
    if not text.startswith("["):
        return cell
    try:
        value = json.loads(text)
        return value if isinstance(value, list) else cell
    except (ValueError, RecursionError):
        items = parse_list(text)
    if items is None:
        return cell
    return [int(item) for item in items] if "'" not in text and all(map(str.isdecimal, items)) else items
