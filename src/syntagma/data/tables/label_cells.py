"""Cells of a column of labels that mean several labels: lists written as text, lists of 0 and 1, columns of 0 and 1."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from syntagma.data.tables.label_values import BadValueError, brief
from syntagma.errors import DataError
from syntagma.progress import note

_BRACKETS = {"[": "]", "(": ")", "{": "}"}
# Strings in quotes, or whatever has no sign of a list in it. Nothing is ever evaluated.
_ITEM = re.compile(r"""'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|([^\s,'"\[\](){}][^,'"\[\](){}]*)""")
_BETWEEN = re.compile(r"[\s,]*")
_ESCAPED = re.compile(r"\\(.)")
_SHORTEST = 2
_TRUE, _FALSE = ("1", "1.0", "true", "yes"), ("0", "0.0", "false", "no", "")


def parse_list(text: str) -> list[str] | None:
    """Return the strings of a list written as text, such as `['a', 'b']`, or `None` if it is no list.

    Example:
        >>> parse_list("['a', 'b c']"), parse_list("[]"), parse_list("a, b")
        (['a', 'b c'], [], None)
    """
    text = text.strip()
    if len(text) < _SHORTEST or _BRACKETS.get(text[0]) != text[-1]:
        return None
    items, place, end = [], _BETWEEN.match(text, 1).end(), len(text) - 1  # type: ignore[union-attr]
    while place < end:
        match = _ITEM.match(text, place, end)
        if match is None:
            return None
        items.append(_ESCAPED.sub(r"\1", next(part for part in match.groups() if part is not None)).strip())
        place = _BETWEEN.match(text, match.end()).end()  # type: ignore[union-attr]
    return items


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
    given = [cell for cell in cells if not (isinstance(cell, str) and not cell.strip())]
    if given and sum(one is not None for one in parsed) == len(given):
        note(f"{source}: the cells of {column!r} are lists written as text, and are read so, such as {brief(given[0])}")
        cells = [one if one is not None else cell for one, cell in zip(parsed, cells, strict=True)]
    if is_indicator(cells):
        return _of_indicators(cells, column, names, source)
    return [_named(cell, names) for cell in cells] if names else cells


def is_indicator(cells: Sequence[Any]) -> bool:
    """Return whether all cells are lists of 0 and 1 of one length, two or more."""
    if not cells or not all(isinstance(cell, list | tuple) for cell in cells):
        return False
    lengths = {len(cell) for cell in cells}
    return lengths != {1} and len(lengths) == 1 and all(_is_bit(one) for cell in cells for one in cell)


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
    """Return labels that are numbers by their names."""
    if isinstance(cell, list | tuple):
        return [_named(one, names) for one in cell]
    number = str(cell).strip()
    return names[int(number)] if number.isdecimal() and int(number) < len(names) else cell


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
    """Return whether a column holds 0 and 1 and nothing else."""
    return {str(value).strip() for value in values} <= {"0", "1", "0.0", "1.0"} and len(values) > 0
