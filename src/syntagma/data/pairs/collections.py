"""Collections of pairs in files that were made for another purpose: gettext catalogues and Python code."""

from pathlib import Path
from typing import Literal, NamedTuple

from syntagma.data.formats import gettext, python_code
from syntagma.data.formats.folders import has_file
from syntagma.data.formats.names import format_of
from syntagma.data.formats.rows import RawRows
from syntagma.data.formats.table_files import TABLES
from syntagma.data.options import ReadOptions
from syntagma.data.pairs.roles import PairColumns
from syntagma.data.tables.splits import SPLIT_NAMES
from syntagma.errors import DataError

Kind = Literal["messages", "code"]

_CODE_SOURCES = ("code", "signature")
_SUMMARY = "summary"


class Collection(NamedTuple):
    """Pairs that were collected from the files of a folder.

    Attributes:
        rows: Raw columns.
        columns: Names of the columns with the sources and the targets.
    """

    rows: RawRows
    columns: PairColumns


def clear_kind(path: Path) -> Kind | None:
    """Return the kind of collection that a path obviously contains, or `None`.

    A folder contains messages if it is called `LC_MESSAGES`, has `.po` files, or has a folder `LC_MESSAGES` at most two
    levels below. It contains code if it is a Python package. The kind of a file is determined by its ending.
    """
    if path.is_file():
        return _kind_of_file(path)
    names = ("*.po", "LC_MESSAGES", "*/LC_MESSAGES")
    if path.name == "LC_MESSAGES" or any(next(path.glob(name), None) for name in names):
        return "messages"
    return "code" if (path / "__init__.py").is_file() else None


def find_kind(path: Path) -> Kind | None:
    """Return the kind of collection that a path contains at any depth, or `None` if it has tables, or neither kind."""
    if kind := clear_kind(path):
        return kind
    if path.is_file() or _has_tables(path):
        return None
    if has_file(path, gettext.ENDINGS):
        return "messages"
    return "code" if has_file(path, [python_code.ENDING]) else None


def read_collection(path: Path, kind: Kind, options: ReadOptions) -> Collection:
    """Read the pairs of a collection.

    In catalogues, the source is the message, and the target is its translation to the language that
    `options.columns["target"]` names. In code, the source is the code of a function without its docstring, or only the
    signature if `options.columns["source"]` is "signature", and the target is the first line of the docstring.

    Raises:
        DataError: If there are no pairs, if the options name other columns, or if the catalogues have several languages
            and the options name none.
    """
    if kind == "messages":
        _check_choice("source", options, (gettext.SOURCE,), path)
        rows = gettext.read_messages(path, options.columns.get("target", options.usual.get("target")))
        return Collection(rows, PairColumns(gettext.SOURCE, list(rows.columns)[1]))
    _check_choice("target", options, (_SUMMARY,), path)
    source = _check_choice("source", options, _CODE_SOURCES, path)
    return Collection(python_code.read_functions(path), PairColumns(source, _SUMMARY))


def _check_choice(role: str, options: ReadOptions, choices: tuple[str, ...], path: Path) -> str:
    """Return the requested column of a role. By default, this is the model's column, or else the first choice.

    Raises:
        DataError: If the requested column is not one of the choices.
    """
    usual = options.usual.get(role)
    chosen = options.columns.get(role, usual if usual in choices else choices[0])
    if chosen not in choices:
        raise DataError(f"the {role} column must be {' or '.join(choices)} here; got {chosen!r}.", path=path)
    return chosen


def _kind_of_file(path: Path) -> Kind | None:
    if path.suffix in gettext.ENDINGS:
        return "messages"
    return "code" if path.suffix == python_code.ENDING else None


def _has_tables(folder: Path) -> bool:
    entries = list(folder.iterdir())
    inner = [
        file for entry in entries if entry.is_dir() and entry.name.lower() in SPLIT_NAMES for file in entry.iterdir()
    ]
    return any(format_of(file) in TABLES for file in (*entries, *inner))
