"""Plain tables whose columns stand straight, wide characters of East Asian scripts included."""

import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from syntagma.wording import escape_control

_SHOWN_LABELS = 20


def aligned(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Set a table with two spaces between the columns; numbers, and texts that begin with one, to the right.

    Example:
        >>> print(aligned(["split", "rows"], [["train", 1200], ["dev", 7]]))
        split   rows
        train  1,200
        dev        7
    """
    cells = [list(header), *[[_cell(value) for value in row] for row in rows]]
    columns = list(zip(*cells, strict=True))
    widths = [max(map(display_width, column)) for column in columns]
    # The first column names the row, even where the names are numbers.
    right = [
        place > 0 and all(cell.removeprefix("-")[:1].isdigit() for cell in column[1:])
        for place, column in enumerate(columns)
    ]
    lines = [
        "  ".join(_padded(cell, width, to_right) for cell, width, to_right in zip(row, widths, right, strict=True))
        for row in cells
    ]
    return "\n".join(line.rstrip() for line in lines)


def label_balance(splits: Mapping[str, tuple[int, Mapping[str, int]]], without_label: Sequence[int] = ()) -> str:
    """Return a table of labels with their numbers of rows in each split, the most frequent first; "" without labels.

    Args:
        splits: Number of rows, and rows of each label, by split.
        without_label: Rows of each split to which no label applies.
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
    return aligned(["label", *splits], rows) + (f"\nand {more} more labels" if more > 0 else "")


def display_width(text: str) -> int:
    """Columns that a text takes in a terminal: two for a wide character, none for a mark on the one before it."""
    return sum(
        0 if unicodedata.combining(character) else 1 + (unicodedata.east_asian_width(character) in "WF")
        for character in text
    )


def _cell(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int | float) else escape_control(str(value))


def _padded(text: str, width: int, to_right: bool) -> str:
    padding = " " * (width - display_width(text))
    return padding + text if to_right else text + padding
