r"""JSONL: one JSON object a line; only `\n` ends a line."""

import json
from pathlib import Path
from typing import Any

from syntagma.data.formats.lines import name_of, read_lines, without_end
from syntagma.data.formats.rows import BadRows, Place, RawRows, check_width
from syntagma.errors import DataError


def read_jsonl(path: str | Path, bad_rows: BadRows) -> RawRows:
    """Reads JSON objects; a key that a row lacks is `None` there. Blank lines are passed over.

    Raises:
        DataError: A line is no JSON object, or there are none.
    """
    columns: dict[str, list[Any]] = {}
    places: list[Place] = []
    with read_lines(path) as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            record = _record(line, number, bad_rows)
            if record is None:
                continue
            new = [name for name in record if name not in columns]
            check_width(len(columns) + len(new), path, line=number)
            for name in new:
                columns[name] = [None] * len(places)
            for name, values in columns.items():
                values.append(record.get(name))
            places.append(number)
    if not places and not len(bad_rows):
        raise DataError("is empty; one JSON object a line is needed.", path=name_of(path))
    return RawRows(columns, places)


def _record(line: str, number: int, bad_rows: BadRows) -> dict[str, Any] | None:
    try:
        record = json.loads(without_end(line))
    except json.JSONDecodeError as error:
        bad_rows.found(number, f"is not valid JSON: {error.msg} at character {error.pos + 1}")
    except (ValueError, RecursionError) as error:
        bad_rows.found(number, f"is not JSON that can be read: {type(error).__name__}")
    else:
        if isinstance(record, dict):
            return record
        bad_rows.found(number, f"a line must hold one JSON object {{...}}; this one holds a {type(record).__name__}")
    return None
