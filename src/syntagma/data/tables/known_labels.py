"""Handling of rows with labels that do not occur in the training data."""

from collections.abc import Iterable, Set
from typing import Any, Literal

from syntagma.data.tables.table import Table
from syntagma.errors import DataError
from syntagma.progress import note_left_out

_NAMES_SHOWN = 10


def label_names(labels: Iterable[Any]) -> set[str]:
    """Return the names of all distinct labels as strings, given one label or a tuple of labels per row."""
    return {str(name) for label in labels for name in (label if isinstance(label, tuple) else (label,))}


def handle_unknown_labels(table: Table, known: Set[str], bad_rows: Literal["error", "skip"] = "error") -> Table:
    """Raise an error for rows with a label that does not occur in training, or drop these rows.

    Args:
        table: Rows to check, such as those of a dev (validation) or test split.
        known: Names of all labels in the training data.
        bad_rows: Handling of rows with an unknown label. "error" raises an error for the first of these rows. "skip"
            drops them all and prints a note.

    Returns:
        A table of the rows that have only known labels.

    Raises:
        DataError: If a row has an unknown label and `bad_rows` is "error", or if every row has an unknown label.
    """
    bad = [row for row, label in enumerate(table.labels or []) if label_names([label]) - known]
    if not bad:
        return table
    if bad_rows == "error":
        raise _unknown_label_error(table, bad[0], known)
    if len(bad) == len(table):
        raise DataError(f"no row has a label of the training rows: {_list_labels(known)}.", path=table.source)
    note_left_out(
        f"{table.source}: skipped {len(bad):,} of {len(table):,} rows, whose labels do not occur in training."
    )
    return table.select(sorted(set(range(len(table))) - set(bad)))


def _unknown_label_error(table: Table, row: int, known: Set[str]) -> DataError:
    assert table.labels is not None
    name = sorted(label_names([table.labels[row]]) - known)[0]
    remedy = f"Correct it, or skip such rows with --bad-rows skip. Known labels: {_list_labels(known)}."
    if table.lines is None or table.unit != "line":
        return DataError(
            f"{table.file_of(row)}: row {row + 1} has the label {name!r}, which does not occur in training. {remedy}"
        )
    return DataError(
        f"the label {name!r} does not occur in training. {remedy}", path=table.file_of(row), line=table.lines[row]
    )


def _list_labels(known: Set[str]) -> str:
    names = sorted(known)
    more = f" and {len(names) - _NAMES_SHOWN} more" if len(names) > _NAMES_SHOWN else ""
    return ", ".join(names[:_NAMES_SHOWN]) + more
