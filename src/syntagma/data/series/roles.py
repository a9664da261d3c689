"""Roles of the columns in a table of series: the id of the series, the time of the step, the values and the label."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from syntagma.config import nearest
from syntagma.data.formats.rows import RawRows
from syntagma.data.options import ReadOptions
from syntagma.errors import DataError

ROLES = ("id", "time", "values", "label")

_USUAL_NAMES = {
    "id": ("id", "series", "series_id", "case", "sample"),
    "time": ("time", "timestamp", "t", "step", "date"),
    "label": ("label", "class", "target", "activity", "y"),
}
# A column with one of these names shows that the table has one row per step.
_NAMES_OF_STEPS = ("time", "timestamp", "t", "step")

_SHOWN = 8


@dataclass(frozen=True)
class Roles:
    """Columns of a table of series, by role: "id", "time", "values" and "label".

    Args:
        requested: Column name by role, for roles whose column was requested by the user or is the model's default.
        guessed: Column name by role, for roles whose column was guessed from the column names.
        values: Names of the requested value columns. `None` if no value columns were requested.
        aside: Names of the columns that determine how rows are split or grouped. These columns have no role.
    """

    requested: dict[str, str]
    guessed: dict[str, str]
    values: tuple[str, ...] | None
    aside: frozenset[str] = frozenset()

    def column(self, role: str) -> str | None:
        """Return the name of the column for a role, or `None` if there is no such column."""
        return self.requested.get(role, self.guessed.get(role))


def find_roles(rows: RawRows, options: ReadOptions, source: str, *, labelled: bool) -> Roles:
    """Find the column for each role: the requested column, the model's default column, or one with a usual name.

    Args:
        rows: Raw columns of the table.
        options: Reading options with the requested and default columns.
        source: Name of the file, for messages.
        labelled: Whether labels are needed. If not, a missing label column is ignored.

    Raises:
        DataError: If a requested column is missing or has two roles.
    """
    requested = _requested_columns(rows, options)
    if not labelled and requested.get("label") not in rows.columns:
        requested.pop("label", None)
    values = split_names(requested["values"], rows.columns) if "values" in requested else None
    single = {role: name for role, name in requested.items() if role != "values"}
    taken = [*single.values(), *(values or ())]
    aside = frozenset(options.splitting_columns - set(taken))
    for name in taken:
        if name not in rows.columns:
            raise DataError(f"has no column {name!r}; {nearest(name, rows.columns)}", path=source)
        if taken.count(name) > 1:
            raise DataError(f"the column {name!r} cannot have two roles.", path=source)
    return Roles(requested, _guess_others(rows, requested, [*taken, *aside]), values, aside)


def guess_label(rows: RawRows, roles: Roles, values: Sequence[str], source: str) -> str:
    """Guess the label column: the only column that is not one of `values` and has no other purpose.

    Args:
        rows: Raw columns of the table.
        roles: Columns by role.
        values: Names of the columns that contain values.
        source: Name of the file, for messages.

    Raises:
        DataError: If there is no such column, or if there are several.
    """
    taken = {*values, *roles.guessed.values(), *roles.requested.values(), *roles.aside}
    others = [name for name in rows.columns if name not in taken]
    if len(others) == 1:
        return others[0]
    which = f"candidates are {', '.join(map(repr, others[:_SHOWN]))}" if others else "all columns have another role"
    raise DataError(
        f"which column contains the label? None has a usual name; {which}. Name it with --label-column (in Python: "
        "ReadOptions(columns={'label': ...})).",
        path=source,
    )


def is_long(rows: RawRows, roles: Roles, source: str) -> bool:
    """Return whether a table has one row per step (long format), rather than one row per series (wide format).

    A table with an id column is in long format if ids are repeated, or if a time or value column was requested. A table
    without an id column is in wide format.

    Args:
        rows: Raw columns of the table.
        roles: Columns by role.
        source: Name of the file, for messages.

    Raises:
        DataError: If there is no id column, although a time or value column was requested or the name of a column
            suggests the time of a step.
    """
    name = roles.column("id")
    requested = [role for role in ("time", "values") if role in roles.requested]
    if name is not None:
        cells = rows.columns[name]
        return bool(requested) or len(set(map(str, cells))) < len(cells)
    time = roles.column("time")
    if requested or (time is not None and plain_name(time) in _NAMES_OF_STEPS):
        what = requested[0] if requested else "time"
        shown = roles.column(what)
        raise DataError(
            f"the column {shown!r} ({what}) belongs to a table with one row per step, which needs an id column with "
            "the series of each step. Name it with --column id=NAME (in Python: ReadOptions(columns={'id': ...})), "
            f"or rename {shown!r}.",
            path=source,
        )
    return False


def split_names(joined: str, columns: Iterable[str]) -> tuple[str, ...]:
    """Split a string of column names, such as `a,b`, at the commas. Names that contain commas are quoted as in CSV.

    Args:
        joined: Column names separated by commas.
        columns: Names of all columns of the table. If `joined` is one of these names, it is not split.
    """
    if joined in set(columns):
        return (joined,)
    record = next(csv.reader([joined], skipinitialspace=True), [])
    return tuple(name.strip() for name in record if name.strip())


def join_names(names: Sequence[str]) -> str:
    """Join column names with commas into one string, which `split_names` can split again."""
    written = io.StringIO()
    csv.writer(written, lineterminator="").writerow(names)
    return written.getvalue()


def plain_name(name: str) -> str:
    """Normalise a column name to lower case with `_` between words. Spaces and hyphens separate words as well."""
    return "_".join(name.casefold().replace("-", " ").replace("_", " ").split())


def _requested_columns(rows: RawRows, options: ReadOptions) -> dict[str, str]:
    requested = {role: name for role, name in options.columns.items() if role in ROLES}
    for role, name in options.usual.items():
        if role not in ROLES or role in requested:
            continue
        names = split_names(name, rows.columns) if role == "values" else (name,)
        if set(names) <= rows.columns.keys() - set(requested.values()):
            requested[role] = name
    return requested


def _guess_others(rows: RawRows, requested: Mapping[str, str], taken: Sequence[str]) -> dict[str, str]:
    """Guess the column for each role without a requested column. Only columns with usual names are guessed.

    Args:
        rows: Raw columns of the table.
        requested: Name of the requested column for each role.
        taken: Names of columns that have another purpose.
    """
    guessed: dict[str, str] = {}
    for role in _USUAL_NAMES:
        free = [name for name in rows.columns if name not in (*taken, *guessed.values())]
        found = None if role in requested else _guess(role, free)
        if found is not None:
            guessed[role] = found
    return guessed


def _guess(role: str, free: list[str]) -> str | None:
    plain = {plain_name(name): name for name in reversed(free)}
    for usual in _USUAL_NAMES[role]:
        # A column y next to a column x is a coordinate, not a label.
        if usual in plain and not (usual == "y" and "x" in plain):
            return plain[usual]
    return None
