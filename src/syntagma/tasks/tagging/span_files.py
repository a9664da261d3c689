"""Forms of output with one line per span: CSV, and the standoff annotations of brat."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from syntagma.errors import ConfigError
from syntagma.tasks.tagging.results import FoundSpan, TaggedText
from syntagma.tasks.tagging.tagged_texts import TaggedTexts
from syntagma.tasks.writing import csv_lines, encode_utf8, rename_duplicates

_COLUMNS = ("row", "start", "end", "label", "span", "probability")
_OF_TEXT = ("text_label", "text_label_probability")
_TAKEN = dict.fromkeys((*_COLUMNS, *_OF_TEXT))
# Signs that the types of brat do not have.
_NO_TYPE = re.compile(r"[^\w\-]")
_LINE = re.compile(r"[^\r\n]+")


def write_csv(blocks: Iterable[TaggedTexts]) -> Iterator[bytes]:
    """Yield a row of CSV for each span, or each word with a plain tag, and before it the columns of its text.

    Rows are counted from 1 through all texts. Where the model labels texts, one without spans has a row too.
    """
    header: list[str] = []
    number = 0
    for block in blocks:
        rows: list[list[Any]] = []
        for text, given in block.pairs():
            number += 1
            named = rename_duplicates(given, _TAKEN, "given_")
            if not header:
                header = [*named, *_COLUMNS, *(_OF_TEXT if text.label is not None else ())]
                rows.append([*header])
            if header[: len(named)] != list(named):
                raise ConfigError(f"row {number} has other columns than the first; CSV cannot hold them, jsonl can.")
            rows += [[*map(_cell, named.values()), number, *fields] for fields in _fields(text)]
        yield encode_utf8(csv_lines(rows))


def _fields(text: TaggedText) -> list[list[Any]]:
    found = [(span.start, span.end, span.label, span.text, span.probability) for span in text.spans]
    if text.has_plain_tags:
        found = [(word.start, word.end, word.tag, word.text, word.probability) for word in text.words]
    rows: list[list[Any]] = [[*fields, round(probability, 6)] for *fields, probability in found]
    if text.label is None:
        return rows
    return [[*row, text.label, round(text.label_probability or 0.0, 6)] for row in rows or [[None] * 5]]


def _cell(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False, default=str) if isinstance(value, dict | list) else value


def write_brat(blocks: Iterable[TaggedTexts]) -> Iterator[bytes]:
    """Yield the annotations of spans, with their probabilities as notes.

    Places are those of the file of all texts, each ended by a line end; see `texts_of`.
    """
    number = place = 0
    for block in blocks:
        lines = []
        for text in block.found:
            for span in text.spans:
                number += 1
                lines.append(f"T{number}\t{_NO_TYPE.sub('_', span.label)} {_places(span, place)}\n")
                lines.append(f"#{number}\tAnnotatorNotes T{number}\tprobability {span.probability:.4f}\n")
            place += len(text.text) + 1
        yield encode_utf8("".join(lines))


def texts_of(block: TaggedTexts) -> bytes:
    """Return the texts that annotations belong to, each ended by a line end."""
    return encode_utf8("".join(text.text + "\n" for text in block.found))


def _places(span: FoundSpan, place: int) -> str:
    """Return where a span is, a part for each of its lines, and what is there."""
    parts = list(_LINE.finditer(span.text))
    shift = place + span.start
    places = ";".join(f"{shift + part.start()} {shift + part.end()}" for part in parts)
    return f"{places}\t{' '.join(part[0] for part in parts)}"
