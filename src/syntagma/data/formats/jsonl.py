r"""JSONL: one JSON object a line; only `\n` ends a line."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from syntagma.data.formats.lines import LIMIT_LINE_BYTES, first_line, name_of, read_lines, read_whole, without_end
from syntagma.data.formats.rows import BadRows, RawRows, check_width
from syntagma.errors import DataError


def read_jsonl(path: str | Path, bad_rows: BadRows) -> RawRows:
    """Reads JSON objects; a key that a row lacks is `None` there. Blank lines are passed over.

    Raises:
        DataError: A line is no JSON object, or there are none.
    """
    found = RawRows()
    for number, record in read_records(path, bad_rows):
        check_width(len(found.columns.keys() | record.keys()), path, line=number)
        found.add(record, number)
    if not found.places and not len(bad_rows):
        raise DataError("is empty; one JSON object a line is needed.", path=name_of(path))
    return found


def read_records(path: str | Path, bad_rows: BadRows) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield each JSON object with its line, or with its number in a `.json` file that is one list, not lines.

    Raises:
        DataError: A line is not a JSON object, or the file is neither lines nor the list that its name promises.
    """
    if Path(path).name.removesuffix(".gz").lower().endswith(".json") and json_object(first_line(path)) is None:
        records = enumerate(_list_in(path), start=1)
        yield from ((number, one) for number, one in records if _is_object(one, number, bad_rows))
        return
    with read_lines(path) as lines:
        for number, line in enumerate(lines, start=1):
            if line.strip() and (record := _record(line, number, bad_rows)) is not None:
                yield number, record


def json_object(text: str) -> dict[str, Any] | None:
    """Return the JSON object that a text is, or `None` if it is none."""
    try:
        found = json.loads(text) if text.lstrip().startswith("{") else None
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _list_in(path: str | Path) -> list[Any]:
    try:
        records = json.loads(read_whole(path, LIMIT_LINE_BYTES))
    except (ValueError, RecursionError) as error:
        raise DataError(f"is not valid JSON: {error}", path=name_of(path)) from error
    if not isinstance(records, list):
        raise DataError("must hold one list of texts, or JSON lines.", path=name_of(path))
    return records


def _record(line: str, number: int, bad_rows: BadRows) -> dict[str, Any] | None:
    try:
        record = json.loads(without_end(line))
    except json.JSONDecodeError as error:
        bad_rows.found(number, f"is not valid JSON: {error.msg} at character {error.pos + 1}")
    except (ValueError, RecursionError) as error:
        bad_rows.found(number, f"is not JSON that can be read: {type(error).__name__}")
    else:
        return record if _is_object(record, number, bad_rows) else None
    return None


def _is_object(record: Any, number: int, bad_rows: BadRows) -> bool:
    if isinstance(record, dict):
        return True
    bad_rows.found(number, f"one JSON object {{...}} is needed; got a {type(record).__name__}")
    return False
