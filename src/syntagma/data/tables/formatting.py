"""Formatting of plain-text tables. Columns stay aligned even with wide East Asian characters."""

import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from syntagma.wording import escape_control

_SHOWN_LABELS = 20


def format_table(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Format a table as plain text, with two spaces between columns.

    Columns of numbers, or of strings that begin with a digit, are right-aligned. The first column is always
    left-aligned, because it names the row.

    Args:
        header: Name of each column.
        rows: Values of each row, one per column. Numbers are written with thousands separators.

    Example:
        >>> print(format_table(["split", "rows"], [["train", 1200], ["dev", 7]]))
        split   rows
        train  1,200
        dev        7
    """
    cells = [list(header), *[[_format_cell(value) for value in row] for row in rows]]
    columns = list(zip(*cells, strict=True))
    widths = [max(map(display_width, column)) for column in columns]
    # The first column contains the names of the rows, even if these names are numbers.
    right = [
        place > 0 and all(cell.removeprefix("-")[:1].isdigit() for cell in column[1:])
        for place, column in enumerate(columns)
    ]
    lines = [
        "  ".join(_pad(cell, width, to_right) for cell, width, to_right in zip(row, widths, right, strict=True))
        for row in cells
    ]
    return "\n".join(line.rstrip() for line in lines)


def format_label_balance(splits: Mapping[str, tuple[int, Mapping[str, int]]], without_label: Sequence[int] = ()) -> str:
    """Format a table of label frequencies, with one line per label and one column per split.

    Args:
        splits: For each split, the total number of rows, and the number of rows with each label.
        without_label: Number of rows without any label in each split, for multilabel data.

    Returns:
        A table of the 20 most frequent labels, in descending order of frequency, or "" if there are no labels.
    """
    totals: Counter[str] = Counter()
    for _, counts in splits.values():
        totals.update(counts)
    if not totals:
        return ""
    rows: list[list[Any]] = [
        [
            label,
            *(f"{counts.get(label, 0):,} ({100 * counts.get(label, 0) / n:.1f} %)" for n, counts in splits.values()),
        ]
        for label, _ in totals.most_common(_SHOWN_LABELS)
    ]
    if any(without_label):
        rows.append(["(no label)", *without_label])
    more = len(totals) - _SHOWN_LABELS
    return format_table(["label", *splits], rows) + (f"\nand {more} more labels" if more > 0 else "")


def display_width(text: str) -> int:
    """Return the width of a text in terminal columns.

    A wide character takes two columns, a combining mark none, and any other character one.
    """
    return sum(
        0 if unicodedata.combining(character) else 1 + (unicodedata.east_asian_width(character) in "WF")
        for character in text
    )


def _format_cell(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int | float) else escape_control(str(value))


def _pad(text: str, width: int, to_right: bool) -> str:
    padding = " " * (width - display_width(text))
    return padding + text if to_right else text + padding
