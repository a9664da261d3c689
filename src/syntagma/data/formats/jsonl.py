r"""Readers of JSON files with one object per line (JSONL, split at `\n`) or one list that spans any number of lines."""

import json
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from syntagma.data.formats.lines import STANDARD_INPUT, name_of, read_lines, strip_line_end
from syntagma.data.formats.rows import BadRows, RawRows, check_width, single_block
from syntagma.errors import DataError

_SPACE = " \t\n\r"
# Keys of metadata about the list of records that an object contains.
_ABOUT_FILES = frozenset({"version", "name", "description", "license", "lang", "language"})
# Keys of lists of words, which are not lists of records.
_WORDS = frozenset({"tokens", "words"})
# Size limit of a JSON list, which is read into memory as one string.
_LIMIT_CHARACTERS = 1 << 29


def read_jsonl(path: str | Path, bad_rows: BadRows) -> RawRows:
    """Read all rows of a JSON or JSONL file. See `jsonl_blocks` for the arguments and errors."""
    return single_block(jsonl_blocks(path, bad_rows))


def jsonl_blocks(path: str | Path, bad_rows: BadRows, most: int | None = None) -> Iterator[RawRows]:
    """Yield the JSON objects of a file as rows, in blocks. If an object lacks a key, its cell in that column is `None`.

    Blank lines are skipped. All blocks of a file have the same columns. A block of the standard input has only the
    columns of the objects read so far.

    Args:
        path: File to read; `-` is the standard input.
        bad_rows: Collector of lines that are not JSON objects.
        most: Maximum number of rows in a block. By default, all rows are in one block.

    Raises:
        DataError: If there are no objects, or a line is not a JSON object and bad rows are not skipped.
    """
    names = [] if most is None or str(path) == STANDARD_INPUT else _keys(path)
    rows, count = RawRows({name: [] for name in names}), 0
    with read_lines(path) as lines:
        for number, record in _objects(lines, path, bad_rows):
            check_width(len(rows.columns.keys() | record.keys()), path, line=number)
            count += 1
            rows.add(record, number)
            if most is not None and (len(rows.places) >= most or not lines.is_ready()):
                yield rows
                rows = RawRows({name: [] for name in rows.columns})
    if not count and not len(bad_rows):
        raise DataError("is empty; one JSON object per line is needed.", path=name_of(path))
    if rows.places or not count:
        yield rows


def _keys(path: str | Path) -> list[str]:
    """Return the keys of all objects in a file, in order of first appearance."""
    names: dict[str, None] = {}
    for number, record in read_objects(path, BadRows(path, skip=True)):
        names.update(dict.fromkeys(record))
        check_width(len(names), path, line=number)
    return list(names)


def read_objects(path: str | Path, bad_rows: BadRows) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield each JSON object with its line number; report other values to `bad_rows`.

    Raises:
        DataError: If a JSON list is not valid, or a line is not a JSON object and bad rows are not skipped.
    """
    with read_lines(path) as lines:
        yield from _objects(lines, path, bad_rows)


def _objects(lines: Iterator[str], path: str | Path, bad_rows: BadRows) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, record in _records(lines, path, bad_rows):
        if isinstance(record, dict):
            yield number, record
        else:
            bad_rows.add(number, f"one JSON object {{...}} is needed; got a {type(record).__name__}")


def read_records(path: str | Path, bad_rows: BadRows) -> Iterator[tuple[int, Any]]:
    """Yield each JSON value with its line number: one per line, or each member of a list that spans several lines.

    If the file is one object that contains a single list of records, such as `{"data": [...]}`, the members of that
    list are yielded with their positions, counted from 1, instead of line numbers.

    Raises:
        DataError: If a JSON list is not valid, or a line is not valid JSON and bad rows are not skipped.
    """
    with read_lines(path) as lines:
        yield from _records(lines, path, bad_rows)


def _records(lines: Iterator[str], path: str | Path, bad_rows: BadRows) -> Iterator[tuple[int, Any]]:
    seen, texts = _first_two(lines)
    if _are_lines(texts, path):
        numbered = enumerate(chain(seen, lines), start=1)
        yield from (one for number, line in numbered if line.strip() for one in _record(line, number, bad_rows))
    else:
        yield from _members(_join_lines(chain(seen, lines), path), path)


def json_object(text: str) -> dict[str, Any] | None:
    """Parse a text as a JSON object; return `None` if the text is not a JSON object."""
    value = _parse(text) if text.lstrip().startswith("{") else None
    return value if isinstance(value, dict) else None


def first_record(path: str | Path) -> Any:
    """Return the first valid JSON value in a file, or `None` if the file contains no such value.

    Raises:
        DataError: If the file cannot be read, or a JSON list is not valid.
    """
    return next((record for _, record in read_records(path, BadRows(path, skip=True))), None)


def _first_two(lines: Iterator[str]) -> tuple[list[str], list[str]]:
    """Return the lines up to the second non-blank line, and a separate list of the non-blank lines among them.

    If the first non-blank line is a complete record, no further line is read, so a pipe need not deliver one.
    """
    seen: list[str] = []
    texts: list[str] = []
    for line in lines:
        seen.append(line)
        texts += [line] if line.strip() else []
        if len(texts) == 2 or (texts and _is_record(texts[0])):
            break
    return seen, texts


def _are_lines(texts: list[str], path: str | Path) -> bool:
    """Return whether a file has one value per line, judging by `texts`, its first one or two non-blank lines."""
    opening = texts[0].strip() if texts else ""
    if opening[:1] not in ("[", "{"):
        return True
    first = _parse(opening)
    if first is not None:
        return len(texts) == 2 or (not _unwrap(first) and not _are_records(first))
    if len(texts) == 1:
        return not Path(path).name.removesuffix(".gz").lower().endswith(".json")
    return opening not in ("[", "{") and _parse(texts[1]) is not None


def _is_record(line: str) -> bool:
    return line.startswith("{") and (value := _parse(line)) is not None and not _unwrap(value)


def _are_records(value: Any) -> bool:
    if not isinstance(value, list) or (value and all(map(_is_pair, value))):
        return False  # pairs of words and tags are one sentence
    return all(isinstance(one, dict | list) or one is None for one in value)


def _is_pair(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(isinstance(one, str) for one in value)


def _unwrap(value: Any) -> list[Any]:
    """Return the list of records that an object contains, or an empty list if the object itself is a record."""
    if not isinstance(value, dict):
        return []
    others = [one for name, one in value.items() if name.lower() not in _WORDS]
    lists = [one for one in others if isinstance(one, list) and one and _are_records(one)]
    is_record = any(isinstance(one, str | dict) for name, one in value.items() if name.lower() not in _ABOUT_FILES)
    return lists[0] if len(lists) == 1 and not is_record else []


def _join_lines(lines: Iterable[str], path: str | Path) -> str:
    parts, size = [], 0
    for line in lines:
        size += len(line)
        if size > _LIMIT_CHARACTERS:
            raise DataError(
                f"a JSON list may have at most {_LIMIT_CHARACTERS:,} characters; this one has more. Write one object "
                "per line instead (JSONL).",
                path=name_of(path),
            )
        parts.append(line)
    return "".join(parts)


def _members(text: str, path: str | Path) -> Iterator[tuple[int, Any]]:
    """Yield the members of a JSON list, or consecutive JSON values, with their line numbers."""
    decoder, line, counted = json.JSONDecoder(), 1, 0
    place = _skip(text, 0, _SPACE)
    is_list = text.startswith("[", place)
    place = _skip(text, place + is_list, _SPACE)
    while place < len(text) and not (is_list and text[place] == "]"):
        line, counted = line + text.count("\n", counted, place), place
        try:
            record, place = decoder.raw_decode(text, place)
        except (ValueError, RecursionError) as error:
            reason = error.msg if isinstance(error, json.JSONDecodeError) else type(error).__name__
            where = line + text.count("\n", counted, getattr(error, "pos", counted))
            raise DataError(f"is not valid JSON: {reason}", path=name_of(path), line=where) from error
        members = _unwrap(record)
        yield from enumerate(members, start=1) if members else [(line, record)]
        place = _skip(text, place, _SPACE + ",")
    if is_list and not text.startswith("]", place):
        raise DataError("is cut short: the JSON list is not closed.", path=name_of(path))


def _skip(text: str, place: int, signs: str) -> int:
    while place < len(text) and text[place] in signs:
        place += 1
    return place


def _parse(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _record(line: str, number: int, bad_rows: BadRows) -> list[tuple[int, Any]]:
    """Parse a line; return a list with one pair (line number, value), or an empty list if the line is invalid."""
    try:
        return [(number, json.loads(strip_line_end(line)))]
    except json.JSONDecodeError as error:
        bad_rows.add(number, f"is not valid JSON: {error.msg} at character {error.pos + 1}")
    except (ValueError, RecursionError) as error:
        bad_rows.add(number, f"cannot be read as JSON: {type(error).__name__}")
    return []
