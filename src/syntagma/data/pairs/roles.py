"""Roles of the columns in a table of pairs: the source and the target."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from syntagma.config import nearest
from syntagma.data.formats.rows import RawRows
from syntagma.data.options import ReadOptions
from syntagma.errors import DataError
from syntagma.progress import note
from syntagma.wording import join_names

ROLES = ("source", "target")

# Usual names of the two columns, in descending order of preference.
_USUAL_PAIRS = (
    ("source", "target"),
    ("src", "tgt"),
    ("src", "trg"),
    ("input", "output"),
    ("question", "answer"),
    ("text", "summary"),
    ("document", "summary"),
    ("article", "summary"),
    ("article", "highlights"),
)
# A column with one of these names is neither the source nor the target, even if it contains text.
_METADATA = frozenset({"id", "uid", "uuid", "key", "url", "link", "file", "lang", "language", "licence", "license"})

_SAMPLE_ROWS = 2000
_SHOWN = 8
_WORDS_OF_A_SENTENCE = 4
_SENTENCE_END = re.compile(r"[.!?。！？]\W*$")


class PairColumns(NamedTuple):
    """Names of the columns of a table of pairs.

    Attributes:
        source: Name of the column with the sources.
        target: Name of the column with the targets. `None` if no targets are needed.
    """

    source: str
    target: str | None

    def names(self) -> dict[str, str]:
        """Return the name of each column, keyed by role."""
        return {role: name for role, name in self._asdict().items() if name is not None}


def find_columns(rows: RawRows, options: ReadOptions, file: str, *, labelled: bool) -> PairColumns:
    """Find the source and target columns of a table: requested columns, the model's default columns, or a guess.

    A guess takes two columns with usual names, such as `source` and `target`, or the only two columns with text. A note
    reports the guess.

    Args:
        rows: Raw columns of the table.
        options: Reading options with the requested and default columns.
        file: Name of the file, for messages.
        labelled: Whether targets are needed. If not, only the source column is determined.

    Raises:
        DataError: If a requested column is missing, if the columns cannot be guessed, if one column would be both
            source and target, or if the header looks like data.
    """
    texts = [name for name, cells in rows.columns.items() if _plain(name) not in _METADATA and _holds_text(cells)]
    columns, by_name = _choose(list(rows.columns), texts, options, file, labelled=labelled)
    if not by_name and rows.has_header:
        _check_header(rows, file)
    return columns


def choose_columns(names: Sequence[str], options: ReadOptions, file: str, *, in_order: bool) -> PairColumns:
    """Choose the source and the target among the sides of parallel files, which all contain text.

    Args:
        names: Names of the sides.
        options: Reading options with the requested and default columns.
        file: Names of the files, for messages.
        in_order: Whether the first of two sides is the source unless something else is requested, because the user
            listed the files in this order. If not, the direction is never guessed: a wrong one would be noticed only
            after the training.

    Raises:
        DataError: If a requested column is missing, if the columns cannot be guessed, or if one column would be both
            source and target.
    """
    known = in_order or len(names) > 2 or _requested_columns(names, options, ROLES, file)
    if not known and not _guess_by_name(names, ROLES):
        raise DataError(
            f"which side is the source, {' or '.join(map(repr, names))}? Name it with --source-column (in Python: "
            "ReadOptions(columns={'source': ...})).",
            path=file,
        )
    return _choose(names, names, options, file, labelled=True)[0]


def are_clear(rows: RawRows) -> bool:
    """Return whether two columns of text are called `source` and `target`, `src` and `tgt`, or `src` and `trg`.

    The result is False if there is also a column `text` or `label`, because `source` may then be the origin of a text.
    """
    plain = {_plain(name): cells for name, cells in rows.columns.items()}
    named = any(all(_holds_text(plain.get(name, [])) for name in pair) for pair in _USUAL_PAIRS[:3])
    return named and not plain.keys() & {"text", "label"}


def _choose(
    names: Sequence[str], texts: Sequence[str], options: ReadOptions, file: str, *, labelled: bool
) -> tuple[PairColumns, bool]:
    """Return the columns, and whether all of them were requested or have usual names."""
    roles = ROLES if labelled else ROLES[:1]
    chosen = _requested_columns(names, options, roles, file)
    missing = [role for role in roles if role not in chosen]
    free = [name for name in names if name not in options.splitting_columns and name not in chosen.values()]
    guessed = _guess_by_name(free, missing)
    by_name = bool(guessed) or not missing
    if not by_name:
        candidates = [name for name in texts if name in free]
        if len(candidates) != len(missing):
            raise DataError(_unclear(missing, names, candidates), path=file)
        guessed = dict(zip(missing, candidates, strict=True))
    _note_guesses(guessed, file)
    found = {**chosen, **guessed}
    return PairColumns(found["source"], found.get("target")), by_name


def _requested_columns(names: Sequence[str], options: ReadOptions, roles: Sequence[str], file: str) -> dict[str, str]:
    requested = {role: options.columns[role] for role in roles if role in options.columns}
    for name in requested.values():
        if name not in names:
            raise DataError(f"has no column {name!r}; {nearest(name, names)}", path=file)
    if len(set(requested.values())) < len(requested):
        raise DataError(f"the column {requested['source']!r} cannot be both the source and the target.", path=file)
    for role in roles:
        usual = options.usual.get(role)
        if role not in requested and usual in names and usual not in requested.values():
            requested[role] = str(usual)
    return requested


def _guess_by_name(free: Sequence[str], missing: Sequence[str]) -> dict[str, str]:
    """Return the columns with usual names for all missing roles, or an empty dictionary if there are none."""
    plain = {_plain(name): name for name in reversed(free)}
    for pair in _USUAL_PAIRS:
        usual = dict(zip(ROLES, pair, strict=True))
        if missing and all(usual[role] in plain for role in missing):
            return {role: plain[usual[role]] for role in missing}
    return {}


def _unclear(missing: Sequence[str], names: Sequence[str], candidates: Sequence[str]) -> str:
    what = " and ".join(f"the {role}" for role in missing)
    verb = "contain" if len(missing) > 1 else "contains"
    which = "which columns" if len(missing) > 1 else "which column"
    quoted = join_names(map(repr, names), _SHOWN)
    texts = f"candidates are {join_names(map(repr, candidates), _SHOWN)}" if candidates else "none contains text"
    options = " and ".join(f"--{role}-column" for role in missing)
    python = ", ".join(f"{role!r}: ..." for role in missing)
    return (
        f"{which} {verb} {what}? The columns are {quoted}; {texts}. Name {'them' if len(missing) > 1 else 'it'} with "
        f"{options} (in Python: ReadOptions(columns={{{python}}}))."
    )


def _note_guesses(guessed: Mapping[str, str], file: str) -> None:
    if all(role == name for role, name in guessed.items()):
        return  # choosing columns named `source` and `target` is not a guess
    columns = ", ".join(f"{role} column {name!r}" for role, name in guessed.items())
    options = " / ".join(f"--{role}-column" for role in guessed)
    choose = "choose others" if len(guessed) > 1 else "chooses another"
    note(f"{file}: {columns} (guessed; {options} or ReadOptions {choose})")


def _check_header(rows: RawRows, file: str) -> None:
    """Raise an error if a column name looks like a text: tables of pairs often have no header line."""
    for name, cells in rows.columns.items():
        if name in cells or _SENTENCE_END.search(name) or len(name.split()) >= _WORDS_OF_A_SENTENCE:
            raise DataError(
                f"the first line looks like data, not like column names ({name[:60]!r}). Insert a header line that "
                f"names the {len(rows.columns)} columns in order, such as source and target, or use --no-header.",
                path=file,
            )


def _holds_text(cells: Sequence[Any]) -> bool:
    sample = cells[:: max(1, len(cells) // _SAMPLE_ROWS)]
    return any(isinstance(cell, str) and cell.strip() and not _is_number(cell) for cell in sample)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _plain(name: str) -> str:
    return name.strip().casefold()
