"""Labels of a split that training has not seen."""

from collections.abc import Iterable, Set
from typing import Any, Literal

from syntagma.data.tables.table import Table
from syntagma.errors import DataError
from syntagma.progress import note

_NAMES_SHOWN = 10


def label_names(labels: Iterable[Any]) -> set[str]:
    """The names of all labels of some rows, where each has one or a tuple of them."""
    return {str(name) for label in labels for name in (label if isinstance(label, tuple) else (label,))}


def with_known_labels(table: Table, known: Set[str], bad_rows: Literal["error", "skip"] = "error") -> Table:
    """Return the table without rows whose label training has not seen; unless they are to be skipped, refuse them.

    Raises:
        DataError: A row has an unknown label; it names file and line. Or no row is left.
    """
    bad = [row for row, label in enumerate(table.labels or []) if label_names([label]) - known]
    if not bad:
        return table
    if bad_rows == "error":
        raise _unknown(table, bad[0], known)
    if len(bad) == len(table):
        raise DataError(f"no row has a label that the training rows have: {_shown(known)}.", path=table.source)
    note(f"{table.source}: {len(bad):,} of {len(table):,} rows are left out: the training rows lack their labels.")
    return table.select(sorted(set(range(len(table))) - set(bad)))


def _unknown(table: Table, row: int, known: Set[str]) -> DataError:
    assert table.labels is not None
    name = sorted(label_names([table.labels[row]]) - known)[0]
    remedy = f"Mend it, or leave such rows out with --bad-rows skip; known: {_shown(known)}."
    if table.lines is None or table.unit != "line":
        return DataError(
            f"{table.file_of(row)}: row {row + 1} has the label {name!r}, which no training row has. {remedy}"
        )
    return DataError(
        f"the label {name!r} stands in no training row. {remedy}", path=table.file_of(row), line=table.lines[row]
    )


def _shown(known: Set[str]) -> str:
    names = sorted(known)
    more = f" and {len(names) - _NAMES_SHOWN} more" if len(names) > _NAMES_SHOWN else ""
    return ", ".join(names[:_NAMES_SHOWN]) + more
