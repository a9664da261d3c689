"""Parsing of cells as numbers: missing values become NaN, and infinite values are errors."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from syntagma.data.tables.label_values import brief

Numbers = npt.NDArray[np.float64]

# Larger numbers are infinite as float32.
LARGEST = float(np.finfo(np.float32).max)

_MISSING = frozenset({"", "?", "nan", "-nan", "na", "n/a", "<na>", "null", "none"})
_SAMPLE_ROWS = 2000


def parse_numbers(cells: Sequence[Any]) -> tuple[Numbers, dict[int, str]]:
    """Parse cells as numbers.

    Empty cells, "?", "NaN", "NA", "null" and `None` are missing values.

    Returns:
        A float64 array of shape (n,), with NaN for missing and invalid cells, and a dictionary that maps the index of
        each invalid cell to its problem.

    Example:
        >>> parse_numbers(["1.5", "?", "one"])
        (array([1.5, nan, nan]), {2: "'one' is not a number"})
    """
    try:
        values = np.array([float(cell) for cell in cells], dtype=np.float64)
        problems = {place: _number_problem(cells[place]) for place in _find_underscores(cells)}
    except (TypeError, ValueError, OverflowError):
        values, problems = _parse_each(cells)
    for place in np.nonzero(np.abs(values) > LARGEST)[0].tolist():
        problems[place] = f"{brief(cells[place])} is infinite or too large"
    values[list(problems)] = np.nan
    return values, problems


def is_missing(cell: Any) -> bool:
    """Return whether a cell contains a missing value. See `parse_numbers` for the values that count as missing."""
    return cell is None or cell != cell or (isinstance(cell, str) and cell.strip().casefold() in _MISSING)


def is_numeric(cells: Sequence[Any], *, if_empty: bool) -> bool:
    """Return whether at least half of the non-missing cells in a sample of a column are numbers.

    Args:
        cells: Cells of the column.
        if_empty: Value to return if all cells are missing.
    """
    sample = [cell for cell in cells[:: max(1, len(cells) // _SAMPLE_ROWS)] if not is_missing(cell)]
    if not sample:
        rest = [cell for cell in cells if not is_missing(cell)][:_SAMPLE_ROWS]
        return is_numeric(rest, if_empty=if_empty) if rest else if_empty
    return len(parse_numbers(sample)[1]) <= len(sample) // 2


def _parse_each(cells: Sequence[Any]) -> tuple[Numbers, dict[int, str]]:
    values, problems = np.full(len(cells), np.nan), {}
    for place, cell in enumerate(cells):
        if is_missing(cell):
            continue
        try:
            values[place] = float(cell)
        except (TypeError, ValueError, OverflowError):
            problems[place] = _number_problem(cell)
    problems.update({place: _number_problem(cells[place]) for place in _find_underscores(cells)})
    return values, problems


def _find_underscores(cells: Sequence[Any]) -> list[int]:
    # Python accepts "1_000" as a number, but other programs do not.
    return [place for place, cell in enumerate(cells) if isinstance(cell, str) and "_" in cell]


def _number_problem(cell: Any) -> str:
    comma = isinstance(cell, str) and cell.count(",") == 1
    return f"{brief(cell)} is not a number" + (" (use a decimal point, not a comma)" if comma else "")
