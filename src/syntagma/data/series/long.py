"""Reading of tables in long format, in which each row is one step of a series.

A row contains the id of its series, one value per channel, and optionally the time of the step.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from syntagma.data.formats.numbers import Numbers, is_missing, is_numeric, parse_numbers
from syntagma.data.formats.raw_series import RawSeries
from syntagma.data.formats.rows import BadRows, RawRows
from syntagma.data.series.roles import Roles, guess_label, join_names
from syntagma.data.series.times import Time, parse_times
from syntagma.data.tables.label_values import BadValueError
from syntagma.errors import DataError
from syntagma.progress import note

_SHOWN = 8


@dataclass(frozen=True)
class _Steps:
    """Parsed values and times of all steps of a table, in the order of its rows.

    Args:
        values: Values of each step in each channel, of shape (steps, D).
        times: Time of each step, with `None` for an invalid time. `times` itself is `None` without a time column.
        problems: Description of the problem with each invalid step, keyed by row number.
    """

    values: Numbers
    times: list[Time | None] | None
    problems: dict[int, str]


def read_long(rows: RawRows, roles: Roles, bad_rows: BadRows, source: str, *, labelled: bool) -> RawSeries:
    """Join all steps with the same id into one series.

    Steps are sorted by time, or keep the order of the file if there is no time column. A series with an invalid step is
    invalid as a whole. Besides the values and times, only columns that are constant within each series are kept, with
    one value per series. All other columns are dropped with a note.

    Args:
        rows: Raw columns of the table.
        roles: Columns by role. There must be an id column.
        bad_rows: Collector of the first invalid step of each series. It raises an error unless bad rows are skipped.
        source: Name of the file, for messages.
        labelled: Whether labels are needed.

    Raises:
        DataError: If the label column cannot be determined, if no column contains numbers, or if a step is invalid and
            not skipped.
    """
    channels = list(roles.values or _channels(rows, roles))
    if not channels:
        raise DataError(
            "has no column of numbers for the values; choose the columns with --column values=A,B.", path=source
        )
    label = roles.column("label") or (guess_label(rows, roles, channels, source) if labelled else None)
    raw = RawSeries(label=label, channels=tuple(channels), header=tuple(rows.columns), delimiter=rows.delimiter)
    steps = _parse(rows, roles, channels)
    members = list(_join_steps(rows, roles, steps, raw, bad_rows, constant=label if labelled else None))
    raw.columns = _constant_columns(rows, roles, channels, label, members, source)
    raw.label = label if label in raw.columns else None
    raw.names = _names(roles, channels, label)
    _note(raw, roles, source)
    return raw


def _join_steps(
    rows: RawRows, roles: Roles, steps: _Steps, raw: RawSeries, bad_rows: BadRows, constant: str | None
) -> Iterator[list[int]]:
    """Add each valid series to `raw`, and yield the row numbers of its steps in the order of the file.

    Args:
        rows: Raw columns of the table.
        roles: Columns by role.
        steps: Values and times of all rows.
        raw: Series read so far. Each valid series is added in place.
        bad_rows: Collector of the first invalid step of each series.
        constant: Name of a column that must be constant within each series, such as the label. `None` if there is none.
    """
    for key, series in _group_by_id(rows, str(roles.column("id")), bad_rows).items():
        try:
            ordered = _sort_by_time(series, steps, key)
            if constant is not None:
                _check_constant(rows, constant, series, key)
        except _BadStepError as problem:
            bad_rows.add(rows.places[problem.row], str(problem))
            continue
        raw.series.append(steps.values[ordered].astype(np.float32))
        raw.places.append(rows.places[series[0]])
        yield series


class _BadStepError(BadValueError):
    """Error for an invalid step. One such step makes its whole series invalid.

    Args:
        row: Row number of the step, counted from 0.
        problem: Description of the problem.
    """

    def __init__(self, row: int, problem: str):
        self.row = row
        super().__init__(problem)


def _channels(rows: RawRows, roles: Roles) -> list[str]:
    """Return the names of all numeric columns that have no role and do not split or group the rows."""
    others = {roles.column(role) for role in ("id", "time", "label")} | roles.aside
    return [name for name, cells in rows.columns.items() if name not in others and is_numeric(cells, if_empty=False)]


def _parse(rows: RawRows, roles: Roles, channels: list[str]) -> _Steps:
    values = np.empty((len(rows.places), len(channels)))
    problems: dict[int, str] = {}
    for channel, name in enumerate(channels):
        values[:, channel], wrong = parse_numbers(rows.columns[name])
        for row, problem in wrong.items():
            problems.setdefault(row, f"column {name!r}: {problem}")
    time_name = roles.column("time")
    if time_name is None:
        return _Steps(values, None, problems)
    times, wrong = parse_times(rows.columns[time_name])
    return _Steps(values, times, {**wrong, **problems})


def _group_by_id(rows: RawRows, id_name: str, bad_rows: BadRows) -> dict[str, list[int]]:
    """Return the row numbers for each id, in the order of the file. Rows without an id are added to `bad_rows`."""
    members: dict[str, list[int]] = defaultdict(list)
    for row, cell in enumerate(rows.columns[id_name]):
        if is_missing(cell):
            bad_rows.add(rows.places[row], f"the step has no id in {id_name!r}")
        else:
            members[str(cell).strip()].append(row)
    return members


def _sort_by_time(series: list[int], steps: _Steps, key: str) -> list[int]:
    """Return the row numbers of a series sorted by time, or unchanged if there are no times.

    Args:
        series: Row numbers of the series, in the order of the file.
        steps: Values and times of all rows.
        key: Id of the series, for messages.

    Raises:
        _BadStepError: If a step is invalid, or if two steps have the same time.
    """
    for row in series:
        if row in steps.problems:
            raise _BadStepError(row, steps.problems[row])
    if steps.times is None:
        return series
    times: Any = steps.times
    ordered = sorted(series, key=lambda row: times[row])
    for before, row in pairwise(ordered):
        if times[before] == times[row]:
            raise _BadStepError(row, f"the series {key!r} has two steps at the time {times[row]}")
    return ordered


def _check_constant(rows: RawRows, name: str, series: list[int], key: str) -> None:
    """Check that a column, such as the label, has the same value in all steps of a series.

    Raises:
        _BadStepError: If a step has a different value from the first step.
    """
    cells = rows.columns[name]
    for row in series:
        if cells[row] != cells[series[0]]:
            both = f"{str(cells[series[0]])[:40]!r} and {str(cells[row])[:40]!r}"
            raise _BadStepError(row, f"the series {key!r} has two labels in {name!r}: {both}")


def _constant_columns(
    rows: RawRows, roles: Roles, channels: list[str], label: str | None, members: list[list[int]], source: str
) -> dict[str, list[Any]]:
    """Return the columns that have one value per series, and print a note about the columns that are dropped.

    The columns of values and times are left out without a note. The id and label columns are always kept.

    Args:
        rows: Raw columns of the table.
        roles: Columns by role.
        channels: Names of the columns of values.
        label: Name of the label column, or `None` if there is none.
        members: Row numbers of each series.
        source: Name of the file, for messages.

    Returns:
        One value per series for each kept column, keyed by column name.
    """
    facts, varying = {}, []
    for name, cells in rows.columns.items():
        if name in channels or name == roles.column("time"):
            continue
        if name in (label, roles.column("id")) or all(_is_constant(cells, series) for series in members):
            facts[name] = [cells[series[0]] for series in members]
        else:
            varying.append(name)
    if varying:
        shown = ", ".join(map(repr, varying[:_SHOWN]))
        note(f"{source}: not read, because they are neither numeric nor constant within each series: {shown}")
    return facts


def _is_constant(cells: list[Any], series: list[int]) -> bool:
    return all(cells[row] == cells[series[0]] for row in series)


def _names(roles: Roles, channels: list[str], label: str | None) -> dict[str, str]:
    single = {"id": roles.column("id"), "time": roles.column("time"), "label": label}
    return {**{role: name for role, name in single.items() if name}, "values": join_names(channels)}


def _note(raw: RawSeries, roles: Roles, source: str) -> None:
    if {"id", "values"} <= roles.requested.keys():
        return
    names = raw.names
    order = f"in the order of {names['time']!r}" if "time" in names else "in the order of the file"
    shown = ", ".join(map(repr, raw.channels[:_SHOWN]))
    more = f" and {len(raw.channels) - _SHOWN} more" if len(raw.channels) > _SHOWN else ""
    label = f", label {raw.label!r}" if raw.label else ""
    note(
        f"{source}: one row per step: series by {names['id']!r}, {order}, values {shown}{more}{label} (guessed; "
        "--column ROLE=NAME or ReadOptions(columns=...) chooses others)"
    )
