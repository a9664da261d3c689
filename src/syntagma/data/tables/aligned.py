"""Plain tables whose columns stand straight, wide characters of East Asian scripts included."""

import unicodedata
from collections.abc import Sequence
from typing import Any


def aligned(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Sets a table with two spaces between the columns; numbers, and texts that begin with one, to the right.

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


def display_width(text: str) -> int:
    """Columns that a text takes in a terminal: two for a wide character, none for a mark on the one before it."""
    return sum(
        0 if unicodedata.combining(character) else 1 + (unicodedata.east_asian_width(character) in "WF")
        for character in text
    )


def _cell(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int | float) else str(value)


def _padded(text: str, width: int, to_right: bool) -> str:
    padding = " " * (width - display_width(text))
    return padding + text if to_right else text + padding
