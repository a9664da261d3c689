"""Output formats with one line per span: CSV, and the standoff annotations of brat."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from syntagma.errors import ConfigError
from syntagma.tasks.tagging.results import PredictedSpan, TaggedText
from syntagma.tasks.tagging.tagged_texts import TaggedTexts
from syntagma.tasks.writing import csv_lines, encode_utf8, rename_duplicates

_COLUMNS = ("row", "start", "end", "label", "span", "probability")
_TEXT_COLUMNS = ("text_label", "text_label_probability")
_RESERVED = dict.fromkeys((*_COLUMNS, *_TEXT_COLUMNS))
# Characters that are not allowed in the types of brat.
_NOT_IN_TYPE = re.compile(r"[^\w\-]")
_LINE = re.compile(r"[^\r\n]+")


def write_csv(blocks: Iterable[TaggedTexts]) -> Iterator[bytes]:
    """Yield CSV with one row per span or, for plain tags, per word. A row starts with the input columns of its text.

    The column `row` is the number of the text, counted from 1 across all blocks. If the model predicts labels of whole
    texts, a text without spans has a row too.

    Raises:
        ConfigError: If a text has different input columns from the first text.
    """
    header: list[str] = []
    number = 0
    for block in blocks:
        rows: list[list[Any]] = []
        for text, inputs in block.pairs():
            number += 1
            named = rename_duplicates(inputs, _RESERVED, "given_")
            if not header:
                header = [*named, *_COLUMNS, *(_TEXT_COLUMNS if text.label is not None else ())]
                rows.append([*header])
            if header[: len(named)] != list(named):
                raise ConfigError(
                    f"row {number} has different columns than the first, which CSV cannot represent; write jsonl."
                )
            rows += [[*map(_cell, named.values()), number, *fields] for fields in _fields(text)]
        yield encode_utf8(csv_lines(rows))


def _fields(text: TaggedText) -> list[list[Any]]:
    marked = [(span.start, span.end, span.label, span.text, span.probability) for span in text.spans]
    if text.has_plain_tags:
        marked = [(word.start, word.end, word.tag, word.text, word.probability) for word in text.words]
    rows: list[list[Any]] = [[*fields, round(probability, 6)] for *fields, probability in marked]
    if text.label is None:
        return rows
    return [[*row, text.label, round(text.label_probability or 0.0, 6)] for row in rows or [[None] * 5]]


def _cell(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False, default=str) if isinstance(value, dict | list) else value


def write_brat(blocks: Iterable[TaggedTexts]) -> Iterator[bytes]:
    """Yield the spans as annotations for brat, each followed by a note with its probability.

    Positions refer to the accompanying text file with the texts of all blocks; see `join_texts`.
    """
    number = place = 0
    for block in blocks:
        lines = []
        for text in block.predictions:
            for span in text.spans:
                number += 1
                lines.append(f"T{number}\t{_NOT_IN_TYPE.sub('_', span.label)} {_places(span, place)}\n")
                lines.append(f"#{number}\tAnnotatorNotes T{number}\tprobability {span.probability:.4f}\n")
            place += len(text.text) + 1
        yield encode_utf8("".join(lines))


def join_texts(block: TaggedTexts) -> bytes:
    """Return the texts of a block, each followed by a line feed, for the file that brat annotations refer to."""
    return encode_utf8("".join(text.text + "\n" for text in block.predictions))


def _places(span: PredictedSpan, place: int) -> str:
    """Return a span's positions in the file and its text, separated by a tab.

    A span that extends over several lines has a start and an end for each line, as brat requires.

    Args:
        span: Predicted span.
        place: Position in the file at which the text of the span starts.
    """
    parts = list(_LINE.finditer(span.text))
    shift = place + span.start
    places = ";".join(f"{shift + part.start()} {shift + part.end()}" for part in parts)
    return f"{places}\t{' '.join(part[0] for part in parts)}"
