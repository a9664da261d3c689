"""Removal of rows that are not data: empty rows, repeated headers, lines of dashes, and rejected examples."""

import re
from typing import Any

from syntagma.data.formats.rows import RawRows
from syntagma.progress import note_left_out
from syntagma.wording import join_names

_DASHES = re.compile(r"\s*(?::?-{2,}:?|:-:?|-:)\s*")
_ANSWERS = frozenset({"accept", "reject", "ignore"})
_LABELS = frozenset({"label", "labels", "accept", "spans"})
_SHOWN = 5


def drop_non_data_rows(rows: RawRows, source: str, label: str | None = None) -> RawRows:
    """Drop rows that are not data, and print a note that says which rows were dropped and why.

    Args:
        rows: Raw columns of a table.
        source: Name of the file, for messages.
        label: Name of the label column that the user requested, or `None` if the column is to be guessed.
    """
    reasons = {
        ("is empty", "are empty"): _is_empty,
        ("repeats the header", "repeat the header"): _is_header,
        ("contains only dashes", "contain only dashes"): _is_rule,
        ("an annotator rejected or ignored (column `answer`)",) * 2: _is_rejected,
    }
    names = list(rows.columns)
    decisions = rows.columns.get("answer", ())
    # If there is a label column, the column `answer` tells whether the label is right. Otherwise, it is the label.
    answers = (
        label != "answer" and _LABELS & set(names) != set() and all(one in _ANSWERS for one in map(str, decisions))
    )
    bad: dict[tuple[str, str], list[int]] = {reason: [] for reason in reasons}
    for row, cells in enumerate(zip(*rows.columns.values(), strict=True)):
        values = dict(zip(names, cells, strict=True))
        reason = next((why for why, applies in reasons.items() if applies(values, rows.has_header, answers)), None)
        if reason is not None:
            bad[reason].append(row)
    dropped = {row for numbers in bad.values() for row in numbers}
    for (singular, plural), numbers in bad.items():
        if numbers:
            places = join_names((str(rows.places[row]) for row in numbers), _SHOWN)
            which = f"row that {singular}" if len(numbers) == 1 else f"rows that {plural}"
            note_left_out(f"{source}: skipped {len(numbers):,} {which}: {places}.")
    if not dropped:
        return rows
    kept = [row for row in range(len(rows.places)) if row not in dropped]
    columns = {name: [values[row] for row in kept] for name, values in rows.columns.items()}
    return RawRows(columns, [rows.places[row] for row in kept], rows.has_header, rows.delimiter)


def _is_empty(values: dict[str, Any], has_header: bool, answers: bool) -> bool:
    # Spreadsheets write such rows. A single column is text, which may be empty.
    cells = [cell for name, cell in values.items() if name != "file"]
    return len(cells) > 1 and all(isinstance(cell, str) and not cell.strip() for cell in cells)


def _is_header(values: dict[str, Any], has_header: bool, answers: bool) -> bool:
    # The "file" column is added when several files are read as one, and is not part of their rows.
    cells = {name: cell for name, cell in values.items() if name != "file"}
    return has_header and all(isinstance(c, str) and c.strip().casefold() == n.casefold() for n, c in cells.items())


def _is_rule(values: dict[str, Any], has_header: bool, answers: bool) -> bool:
    cells = [cell for name, cell in values.items() if name != "file" and cell != ""]
    return has_header and bool(cells) and all(isinstance(cell, str) and _DASHES.fullmatch(cell) for cell in cells)


def _is_rejected(values: dict[str, Any], has_header: bool, answers: bool) -> bool:
    return answers and values.get("answer") in ("reject", "ignore")
