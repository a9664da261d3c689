"""Reading of tables in wide format, in which each row is a series and each column of values is a step."""

from typing import Any

import numpy as np

from syntagma.data.formats.numbers import Numbers, is_numeric, parse_numbers
from syntagma.data.formats.raw_series import RawSeries, strip_padding
from syntagma.data.formats.rows import BadRows, RawRows
from syntagma.data.series.roles import Roles, guess_label
from syntagma.errors import DataError
from syntagma.progress import note


def read_wide(rows: RawRows, roles: Roles, bad_rows: BadRows, source: str, *, labelled: bool) -> RawSeries:
    """Convert each row of a table in wide format to a series with a single channel.

    All numeric columns without a role are steps. Missing values at the end of a row are treated as padding and removed.
    Other missing values become NaN. All columns that are not steps are kept, with one value per series.

    Args:
        rows: Raw columns of the table.
        roles: Columns by role.
        bad_rows: Collector of invalid rows. It raises an error unless invalid rows are skipped.
        source: Name of the file, for messages.
        labelled: Whether labels are needed.

    Raises:
        DataError: If the label column cannot be determined, if no column contains numbers, or if a row is invalid and
            not skipped.
    """
    steps = _columns_of_steps(rows, roles)
    label = roles.column("label") or (guess_label(rows, roles, steps, source) if labelled else None)
    if not steps:
        raise DataError("has no column of numbers; one per step is needed.", path=source)
    raw = RawSeries(label=label, header=tuple(rows.columns), delimiter=rows.delimiter)
    kept = _add_rows(rows, steps, raw, bad_rows)
    raw.columns = {name: [cells[row] for row in kept] for name, cells in rows.columns.items() if name not in steps}
    names = {"id": roles.column("id"), "label": label}
    raw.names = {role: name for role, name in names.items() if name}
    _note(raw, steps, roles, source)
    return raw


def _add_rows(rows: RawRows, steps: list[str], raw: RawSeries, bad_rows: BadRows) -> list[int]:
    """Add the series of each valid row to `raw` in place, and return the row numbers of the valid rows."""
    values, problems = _parse(rows, steps)
    kept = []
    for row, place in enumerate(rows.places):
        series = strip_padding(values[row])
        problem = problems.get(row) or (None if len(series) else "the row has no value")
        if problem:
            bad_rows.add(place, problem)
            continue
        kept.append(row)
        raw.series.append(series)
        raw.places.append(place)
    return kept


def _columns_of_steps(rows: RawRows, roles: Roles) -> list[str]:
    others = {roles.column(role) for role in ("id", "time", "label")} | roles.aside
    return [name for name, cells in rows.columns.items() if name not in others and is_numeric(cells, if_empty=True)]


def _parse(rows: RawRows, steps: list[str]) -> tuple[Numbers, dict[int, str]]:
    """Parse the values of all steps.

    Returns:
        An array of shape (rows, steps), and a dictionary that describes the first problem in each invalid row, keyed by
        row number.
    """
    values = np.empty((len(rows.places), len(steps)))
    problems: dict[int, str] = {}
    for step, name in enumerate(steps):
        values[:, step], wrong = parse_numbers(rows.columns[name])
        for row, problem in wrong.items():
            problems.setdefault(row, f"column {name!r}: {problem}")
    return values, problems


def _note(raw: RawSeries, steps: list[str], roles: Roles, source: str) -> None:
    if "label" not in roles.requested:
        label: Any = "no label" if raw.label is None else f"label {raw.label!r}"
        others = [name for name in raw.columns if name != raw.label]
        not_values = f"; not values: {', '.join(map(repr, others[:8]))}" if others else ""
        note(
            f"{source}: one row per series: {label}, {len(steps):,} steps from {steps[0]!r} to {steps[-1]!r}"
            f"{not_values} (guessed; --label-column or ReadOptions chooses another)"
        )
    shorter = sum(len(series) < len(steps) for series in raw.series)
    if shorter:
        note(f"{source}: {shorter:,} series are shorter, because trailing missing values are removed")
