"""Which column of a table has which role: the id of the series, the time of a step, the values, the label."""

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
# A table with a column of one of these names has one row per step.
_NAMES_OF_STEPS = ("time", "timestamp", "t", "step")

_SHOWN = 8


@dataclass(frozen=True)
class Roles:
    """Columns of a table by role.

    Args:
        asked: Columns that a person named, or that are usual for the model, by role.
        guessed: Columns that were found by their names, by role.
        values: Columns of the values that were asked for; `None` if nobody named them.
        aside: Columns that say how rows are split.
    """

    asked: dict[str, str]
    guessed: dict[str, str]
    values: tuple[str, ...] | None
    aside: frozenset[str] = frozenset()

    def column(self, role: str) -> str | None:
        """Return the column of a role, or `None`."""
        return self.asked.get(role, self.guessed.get(role))


def find_roles(rows: RawRows, options: ReadOptions, source: str, *, labelled: bool) -> Roles:
    """Find the columns by what was asked for, then by what is usual, then by their names.

    Args:
        rows: Columns of a table.
        options: Options with the columns that were asked for.
        source: Name of the file, for messages.
        labelled: Whether labels are needed.

    Raises:
        DataError: A column that was asked for is missing, or has two roles.
    """
    asked = _asked(rows, options)
    if not labelled and asked.get("label") not in rows.columns:
        asked.pop("label", None)
    values = split_names(asked["values"], rows.columns) if "values" in asked else None
    single = {role: name for role, name in asked.items() if role != "values"}
    taken = [*single.values(), *(values or ())]
    aside = frozenset(options.splitting_columns - set(taken))
    for name in taken:
        if name not in rows.columns:
            raise DataError(f"has no column {name!r}; {nearest(name, rows.columns)}", path=source)
        if taken.count(name) > 1:
            raise DataError(f"the column {name!r} cannot have two roles.", path=source)
    return Roles(asked, _guess_others(rows, asked, [*taken, *aside]), values, aside)


def guess_label(rows: RawRows, roles: Roles, values: Sequence[str], source: str) -> str:
    """Return the only column that has no role and is not one of `values`.

    Raises:
        DataError: There is none, or there are several.
    """
    taken = {*values, *roles.guessed.values(), *roles.asked.values(), *roles.aside}
    others = [name for name in rows.columns if name not in taken]
    if len(others) == 1:
        return others[0]
    found = f"{', '.join(map(repr, others[:_SHOWN]))} might each be it" if others else "all columns are taken"
    raise DataError(
        f"which column holds the label? None has a usual name, and {found}. Name it with --label-column (in Python: "
        "ReadOptions(columns={'label': ...})).",
        path=source,
    )


def is_long(rows: RawRows, roles: Roles, source: str) -> bool:
    """Return whether a table has one row per step (long), rather than one row per series (wide).

    A long table has a column of ids in which values are repeated, or its time or values were asked for.

    Raises:
        DataError: Steps have times or named values, but no ids.
    """
    name = roles.column("id")
    asked = [role for role in ("time", "values") if role in roles.asked]
    if name is not None:
        cells = rows.columns[name]
        return bool(asked) or len(set(map(str, cells))) < len(cells)
    time = roles.column("time")
    if asked or (time is not None and plain_name(time) in _NAMES_OF_STEPS):
        what = asked[0] if asked else "time"
        shown = roles.column(what)
        raise DataError(
            f"the column {shown!r} ({what}) belongs to a table with one row per step, which needs a column that says "
            "to which series each step belongs. Name it with --column id=NAME (in Python: "
            "ReadOptions(columns={'id': ...})), or rename that column.",
            path=source,
        )
    return False


def split_names(joined: str, columns: Iterable[str]) -> tuple[str, ...]:
    """Return the columns that a role of several columns names: `a,b`, quoted as in CSV."""
    if joined in set(columns):
        return (joined,)
    record = next(csv.reader([joined], skipinitialspace=True), [])
    return tuple(name.strip() for name in record if name.strip())


def join_names(names: Sequence[str]) -> str:
    """Return column names in one string, as `split_names` reads them."""
    written = io.StringIO()
    csv.writer(written, lineterminator="").writerow(names)
    return written.getvalue()


def plain_name(name: str) -> str:
    """Return a column name in small letters, with `_` between its words."""
    return "_".join(name.casefold().replace("-", " ").replace("_", " ").split())


def _asked(rows: RawRows, options: ReadOptions) -> dict[str, str]:
    asked = {role: name for role, name in options.columns.items() if role in ROLES}
    for role, name in options.usual.items():
        if role not in ROLES or role in asked:
            continue
        names = split_names(name, rows.columns) if role == "values" else (name,)
        if set(names) <= rows.columns.keys() - set(asked.values()):
            asked[role] = name
    return asked


def _guess_others(rows: RawRows, asked: Mapping[str, str], taken: Sequence[str]) -> dict[str, str]:
    """Return the columns with a usual name, by the roles that nobody asked for."""
    guessed: dict[str, str] = {}
    for role in _USUAL_NAMES:
        free = [name for name in rows.columns if name not in (*taken, *guessed.values())]
        found = None if role in asked else _guess(role, free)
        if found is not None:
            guessed[role] = found
    return guessed


def _guess(role: str, free: list[str]) -> str | None:
    plain = {plain_name(name): name for name in reversed(free)}
    for usual in _USUAL_NAMES[role]:
        # Next to a column x, y is a coordinate.
        if usual in plain and not (usual == "y" and "x" in plain):
            return plain[usual]
    return None
