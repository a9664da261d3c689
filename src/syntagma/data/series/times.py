"""Parsing of the times of the steps in a series. A time is a number or an ISO date."""

from collections.abc import Sequence
from datetime import date, datetime
from math import isfinite
from typing import Any

from syntagma.data.tables.label_values import brief

Time = int | float | datetime


def parse_times(cells: Sequence[Any]) -> tuple[list[Time | None], dict[int, str]]:
    """Parse the times in the cells of a column.

    All times must be of the same kind as the first valid time: numbers, dates, or dates with a time zone.

    Args:
        cells: Numbers, dates, or strings that contain a number or a date, such as `12.5` or `2024-03-01T10:00:00`.

    Returns:
        A list with the time of each cell, or `None` for an invalid cell, and a dictionary that describes the problem
        with each invalid cell, keyed by its index in `cells`.

    Example:
        >>> parse_times(["2", "1.5", "noon"])
        ([2, 1.5, None], {2: "the time 'noon' is neither a number nor an ISO date"})
    """
    times: list[Time | None] = [_time(cell) for cell in cells]
    kind = next((_kind(time) for time in times if time is not None), "")
    problems = {}
    for place, time in enumerate(times):
        if time is None:
            problems[place] = f"the time {brief(cells[place])} is neither a number nor an ISO date"
        elif _kind(time) != kind:
            problems[place] = f"the time {brief(cells[place])} is a {_kind(time)}, but the first one is a {kind}"
            times[place] = None
    return times, problems


def _time(cell: Any) -> Time | None:
    if isinstance(cell, datetime):
        return cell
    if isinstance(cell, date):
        return datetime(cell.year, cell.month, cell.day)
    if isinstance(cell, str):
        return _from_text(cell.strip())
    if isinstance(cell, int | float) and not isinstance(cell, bool) and isfinite(cell):
        return cell
    return None


def _from_text(text: str) -> Time | None:
    if not text.isascii() or "_" in text:
        return None
    for read in (int, _finite, datetime.fromisoformat):
        try:
            return read(text)
        except ValueError:
            continue
    return None


def _finite(text: str) -> float:
    number = float(text)
    if not isfinite(number):
        raise ValueError(text)
    return number


def _kind(time: Time) -> str:
    if not isinstance(time, datetime):
        return "number"
    return "date" if time.utcoffset() is None else "date with a time zone"
