"""Rows of a table that are no data: the header again, a line of dashes, what an annotator rejected."""

import re
from typing import Any

from syntagma.data.formats.rows import RawRows
from syntagma.progress import note
from syntagma.wording import join_names

_DASHES = re.compile(r"\s*(?::?-{2,}:?|:-:?|-:)\s*")
_ANSWERS = frozenset({"accept", "reject", "ignore"})
_LABELS = frozenset({"label", "labels", "accept", "spans"})
_SHOWN = 5


def without_no_data(rows: RawRows, source: str, label: str | None = None) -> RawRows:
    """Return rows without those that are no data, and say which are left out and why.

    `label` is the column of labels, if somebody named it.
    """
    reasons = {
        "repeat the header": _is_header,
        "hold only dashes": _is_rule,
        "somebody rejected or ignored (`answer`), which says what they are not": _is_refused,
    }
    names = list(rows.columns)
    given = rows.columns.get("answer", ())
    # Beside a label the answer says whether it is right; alone it is the label.
    answers = label != "answer" and _LABELS & set(names) != set() and all(one in _ANSWERS for one in map(str, given))
    bad: dict[str, list[int]] = {reason: [] for reason in reasons}
    for row, cells in enumerate(zip(*rows.columns.values(), strict=True)):
        values = dict(zip(names, cells, strict=True))
        reason = next((why for why, applies in reasons.items() if applies(values, rows.has_header, answers)), None)
        if reason is not None:
            bad[reason].append(row)
    left_out = {row for found in bad.values() for row in found}
    for reason, found in bad.items():
        if found:
            places = join_names((str(rows.places[row]) for row in found), _SHOWN)
            note(f"{source}: left out {len(found):,} rows that {reason}: {places}.")
    if not left_out:
        return rows
    kept = [row for row in range(len(rows.places)) if row not in left_out]
    columns = {name: [values[row] for row in kept] for name, values in rows.columns.items()}
    return RawRows(columns, [rows.places[row] for row in kept], rows.has_header, rows.delimiter)


def _is_header(values: dict[str, Any], has_header: bool, answers: bool) -> bool:
    # The column of files, of several read as one, is not in them.
    cells = {name: cell for name, cell in values.items() if name != "file"}
    return has_header and all(isinstance(c, str) and c.strip().casefold() == n.casefold() for n, c in cells.items())


def _is_rule(values: dict[str, Any], has_header: bool, answers: bool) -> bool:
    cells = [cell for name, cell in values.items() if name != "file" and cell != ""]
    return has_header and bool(cells) and all(isinstance(cell, str) and _DASHES.fullmatch(cell) for cell in cells)


def _is_refused(values: dict[str, Any], has_header: bool, answers: bool) -> bool:
    return answers and values.get("answer") in ("reject", "ignore")
