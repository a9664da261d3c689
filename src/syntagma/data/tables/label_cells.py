"""Parsing of multilabel cells: lists written as text, and 0/1 indicators in lists, JSON objects or columns."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from syntagma.data.tables.label_values import BadValueError, brief
from syntagma.errors import DataError
from syntagma.progress import note

_BRACKETS = {"[": "]", "(": ")", "{": "}"}
# One item of a list: a quoted string, or text without quotes, commas and brackets. After the item comes a comma, the
# end of the list, or another quoted string (NumPy prints arrays without commas).
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
    """Parse a list written as text, such as `['a', 'b']`. The text is never evaluated as code.

    Returns:
        The items of the list as strings, or `None` if the text is not a list.

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
        return inner.split()  # a printed NumPy array of numbers
    while place < len(inner):
        match = _ITEM.match(inner, place)
        if match is None:
            return None
        items.append(_ESCAPED.sub(r"\1", next(part for part in match.groups() if part is not None)).strip())
        place = match.end()
    return items


def _are_lists(cells: list[str], parsed: list[list[str] | None]) -> bool:
    """Return whether the cells contain lists, as opposed to single labels in brackets, such as `[positive]`.

    At least half of the cells must be lists, and at least one of these lists must have several items or a quote.

    Args:
        cells: Text of each cell.
        parsed: Result of `parse_list` for each cell.
    """
    lists = [(cell, one) for cell, one in zip(cells, parsed, strict=True) if one is not None]
    is_unambiguous = any(len(one) > 1 or "'" in cell or '"' in cell for cell, one in lists)
    return is_unambiguous and 2 * len(lists) >= len(cells)


def read_label_lists(cells: list[Any], column: str, names: Sequence[str], source: str) -> list[Any]:
    """Convert the multilabel cells of a label column to lists of labels.

    Three forms are recognised: lists written as text, lists of 0 and 1 (indicators), and JSON objects that map each
    label to 0 or 1. A note is printed for lists written as text, and for indicators without label names.

    Args:
        cells: Labels as read from the file.
        column: Name of the column, for messages.
        names: Names of the labels that the file denotes by integers, counted from 0, or by positions in indicator
            lists. If `names` is empty, integers are kept, and indicators are named after their positions.
        source: Origin of the cells, for messages.

    Returns:
        The cells, with a list of labels in place of each multilabel cell. A cell that cannot be converted is replaced
        with a `BadValueError` object, which `parse_label` raises later.

    Raises:
        DataError: If names are given, and their number differs from the length of the indicator lists.
    """
    parsed = [parse_list(cell) if isinstance(cell, str) else None for cell in cells]
    nonblank = [place for place, cell in enumerate(cells) if not isinstance(cell, str) or cell.strip()]
    texts = [cells[place] for place in nonblank if isinstance(cells[place], str)]
    if nonblank and len(texts) == len(nonblank) and _are_lists(texts, [parsed[place] for place in nonblank]):
        note(f"{source}: the cells of {column!r} are read as lists of labels, such as {brief(texts[0])}.")
        cells = [
            one if one is not None or not str(cell).strip() else _list_error(cell, column)
            for one, cell in zip(parsed, cells, strict=True)
        ]
    cells = [_flagged_names(cell) for cell in cells] if cells and all(map(_is_flags, cells)) else cells
    if is_indicator(cells):
        return _read_indicators(cells, column, names, source)
    return [_name_labels(cell, names) for cell in cells] if names else cells


def _list_error(cell: Any, column: str) -> BadValueError:
    return BadValueError(f"the label in {column!r} must be a list, like the others; got {brief(cell)}")


def is_indicator(cells: Sequence[Any]) -> bool:
    """Return whether all cells are lists of 0 and 1 of the same length. Lists of length one do not count."""
    if not cells or not all(isinstance(cell, list | tuple) for cell in cells):
        return False
    lengths = {len(cell) for cell in cells}
    return lengths != {1} and len(lengths) == 1 and all(_is_bit(one) for cell in cells for one in cell)


def _is_flags(cell: Any) -> bool:
    """Return whether a cell is a JSON object that maps label names to 0 or 1, such as `{"waste": 1, "roads": 0}`."""
    return isinstance(cell, dict) and bool(cell) and all(map(_is_bit, cell.values()))


def _flagged_names(flags: Mapping[str, Any]) -> list[str]:
    return [name for name, one in flags.items() if float(one)]


def _is_bit(value: Any) -> bool:
    return value in ("0", "1") or (isinstance(value, int | float) and value in (0, 1))


def _read_indicators(cells: list[Any], column: str, names: Sequence[str], source: str) -> list[list[str]]:
    width = len(cells[0])
    if names and len(names) != width:
        raise DataError(
            f"the lists of 0 and 1 in {column!r} have {width} positions; got {len(names)} label names: "
            f"{', '.join(names)}.",
            path=source,
        )
    if not names:
        note(
            f"{source}: the lists of 0 and 1 in {column!r} are read as label indicators, and the labels are named 0 to "
            f"{width - 1} after their positions. Name them with --label-names (in Python: "
            "ReadOptions(label_names=[...]))."
        )
    named = names or [str(place) for place in range(width)]
    return [[named[place] for place, one in enumerate(cell) if float(one)] for cell in cells]


def _name_labels(cell: Any, names: Sequence[str]) -> Any:
    """Replace an integer label, or each integer in a list of labels, with its name.

    An integer without a name is replaced with a `BadValueError` object. Labels that are not integers are kept.
    """
    if isinstance(cell, list | tuple):
        return [_name_labels(one, names) for one in cell]
    if isinstance(cell, bool):
        cell = int(cell)
    number = _WHOLE.fullmatch(str(cell).strip())
    if number is None:
        return cell
    if int(number[1]) >= len(names):
        return BadValueError(f"the label {brief(cell)} has no name; the names are {', '.join(names)}")
    return names[int(number[1])]


def read_label_columns(columns: Mapping[str, Sequence[Any]], row: int) -> list[str]:
    """Return the labels of a row, given one indicator column per label.

    Args:
        columns: Indicator columns by label name. The values 1, true and yes mean that a row has the label. The values
            0, false, no and blank mean that it does not.
        row: Row number, counted from 0.

    Raises:
        BadValueError: If a cell of the row has any other value.
    """
    labels = []
    for name, values in columns.items():
        value = str(values[row]).strip().lower()
        if value not in _TRUE and value not in _FALSE:
            raise BadValueError(f"a label column must contain 0 or 1; {name!r} contains {brief(values[row])}")
        labels += [name] if value in _TRUE else []
    return labels


def holds_bits(values: Sequence[Any]) -> bool:
    """Return whether a column contains only 0, 1, booleans and blanks, and is not entirely blank."""
    distinct = {str(value).strip().lower() for value in values}
    return bool(distinct - {""}) and distinct <= {"0", "1", "0.0", "1.0", "true", "false", ""}
