"""Cells of a column of labels that mean several labels: lists written as text, 0 and 1 in lists, objects or columns."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from syntagma.data.tables.label_values import BadValueError, brief
from syntagma.errors import DataError
from syntagma.progress import note

_BRACKETS = {"[": "]", "(": ")", "{": "}"}
# Strings in quotes, or whatever has no sign of a list in it, and what is behind: a comma, the end, or another string,
# as NumPy prints them. Nothing is ever evaluated.
_ITEM = re.compile(
    r"""\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|([^\s,'"\[\](){}][^,\[\](){}]*))\s*(?:,|$|(?=['"]))"""
)
_ESCAPED = re.compile(r"\\(.)")
_SHORTEST = 2
_EMPTY = ("set()", "frozenset()", "list()", "tuple()")
_NUMBERS = re.compile(r"[-+\d.]+(?:\s+[-+\d.]+)+\.?")
_WHOLE = re.compile(r"(\d+)(?:\.0+)?")
_TRUE, _FALSE = ("1", "1.0", "true", "yes"), ("0", "0.0", "false", "no", "")


def parse_list(text: str) -> list[str] | None:
    """Return the strings of a list written as text, such as `['a', 'b']`, or `None` if it is no list.

    Example:
        >>> parse_list("['a', 'b c']"), parse_list("[]"), parse_list("a, b")
        (['a', 'b c'], [], None)
    """
    text = text.strip()
    if text in _EMPTY:
        return []
    if len(text) < _SHORTEST or _BRACKETS.get(text[0]) != text[-1]:
        return None
    inner, items, place = text[1:-1].strip(), [], 0
    if _NUMBERS.fullmatch(inner):
        return inner.split()  # as NumPy prints an array
    while place < len(inner):
        match = _ITEM.match(inner, place)
        if match is None:
            return None
        items.append(_ESCAPED.sub(r"\1", next(part for part in match.groups() if part is not None)).strip())
        place = match.end()
    return items


def _are_lists(cells: list[str], parsed: list[list[str] | None]) -> bool:
    """Return whether most cells are lists, and not labels in brackets, such as `[positive]`."""
    found = [(cell, one) for cell, one in zip(cells, parsed, strict=True) if one is not None]
    sure = any(len(one) > 1 or "'" in cell or '"' in cell for cell, one in found)
    return sure and 2 * len(found) >= len(cells)


def with_lists(cells: list[Any], column: str, names: Sequence[str], source: str) -> list[Any]:
    """Return the cells of a column of labels with lists for cells that mean several labels, and say so.

    Args:
        cells: Labels as a file has them.
        column: Name of the column, for messages.
        names: Names of labels that are numbers, or of the places of lists of 0 and 1.
        source: Origin of the cells, for messages.

    Raises:
        DataError: Lists of 0 and 1 with more or fewer places than names.
    """
    parsed = [parse_list(cell) if isinstance(cell, str) else None for cell in cells]
    given = [place for place, cell in enumerate(cells) if not isinstance(cell, str) or cell.strip()]
    texts = [cells[place] for place in given if isinstance(cells[place], str)]
    if given and len(texts) == len(given) and _are_lists(texts, [parsed[place] for place in given]):
        note(
            f"{source}: the cells of {column!r} are lists written as text, and are read so, such as {brief(texts[0])}."
        )
        cells = [
            one if one is not None or not str(cell).strip() else _no_list(cell, column)
            for one, cell in zip(parsed, cells, strict=True)
        ]
    cells = [_applying(cell) for cell in cells] if cells and all(map(_is_flags, cells)) else cells
    if is_indicator(cells):
        return _of_indicators(cells, column, names, source)
    return [_named(cell, names) for cell in cells] if names else cells


def _no_list(cell: Any, column: str) -> BadValueError:
    return BadValueError(f"the label in {column!r} must be a list, as the others are; got {brief(cell)}")


def is_indicator(cells: Sequence[Any]) -> bool:
    """Return whether all cells are lists of 0 and 1 of one length, two or more."""
    if not cells or not all(isinstance(cell, list | tuple) for cell in cells):
        return False
    lengths = {len(cell) for cell in cells}
    return lengths != {1} and len(lengths) == 1 and all(_is_bit(one) for cell in cells for one in cell)


def _is_flags(cell: Any) -> bool:
    """Return whether a cell has 0 or 1 for each label by name, such as `{"waste": 1, "roads": 0}`."""
    return isinstance(cell, dict) and bool(cell) and all(map(_is_bit, cell.values()))


def _applying(flags: Mapping[str, Any]) -> list[str]:
    return [name for name, one in flags.items() if float(one)]


def _is_bit(value: Any) -> bool:
    return value in ("0", "1") or (isinstance(value, int | float) and value in (0, 1))


def _of_indicators(cells: list[Any], column: str, names: Sequence[str], source: str) -> list[list[str]]:
    width = len(cells[0])
    if names and len(names) != width:
        raise DataError(
            f"the lists of 0 and 1 in {column!r} have {width} places, and {len(names)} names are given: "
            f"{', '.join(names)}.",
            path=source,
        )
    if not names:
        note(
            f"{source}: the lists of 0 and 1 in {column!r} say which labels apply, and are named by their places, 0 to "
            f"{width - 1}; name them with --label-names (in Python: ReadOptions(label_names=[...]))."
        )
    named = names or [str(place) for place in range(width)]
    return [[named[place] for place, one in enumerate(cell) if float(one)] for cell in cells]


def _named(cell: Any, names: Sequence[str]) -> Any:
    """Return labels that are numbers by their names; a number without a name is a `BadValueError`."""
    if isinstance(cell, list | tuple):
        return [_named(one, names) for one in cell]
    if isinstance(cell, bool):
        cell = int(cell)
    number = _WHOLE.fullmatch(str(cell).strip())
    if number is None:
        return cell
    if int(number[1]) >= len(names):
        return BadValueError(f"the label {brief(cell)} has no name; {len(names)} are given: {', '.join(names)}")
    return names[int(number[1])]


def from_columns(columns: Mapping[str, Sequence[Any]], row: int) -> list[str]:
    """Return the names of the columns of 0 and 1 that have 1 in a row.

    Raises:
        BadValueError: A cell is neither.
    """
    labels = []
    for name, values in columns.items():
        said = str(values[row]).strip().lower()
        if said not in _TRUE and said not in _FALSE:
            raise BadValueError(f"a column of labels holds 0 or 1; {name!r} has {brief(values[row])}")
        labels += [name] if said in _TRUE else []
    return labels


def holds_bits(values: Sequence[Any]) -> bool:
    """Return whether a column holds 0 and 1, or truth values, and perhaps blanks."""
    found = {str(value).strip().lower() for value in values}
    return bool(found - {""}) and found <= {"0", "1", "0.0", "1.0", "true", "false", ""}
