"""Conversion of values read from files to texts and labels."""

import math
import re
from collections.abc import Sequence
from typing import Any

_SURROGATE = re.compile("[\ud800-\udfff]")


class BadValueError(ValueError):
    """Error for a value that cannot be a label or a text. The message gives the reason."""


def check_text(value: Any, column: str) -> str:
    """Check one text, and return it unchanged. Empty texts are allowed.

    Args:
        value: Value of a cell.
        column: Name of the column, for messages.

    Raises:
        BadValueError: If the value is missing or not a string, or contains a NUL character or a lone surrogate.
    """
    if isinstance(value, str):
        return _check_characters(value, f"the text in {column!r}")
    if value is None:
        raise BadValueError(f"the text in {column!r} is missing")
    raise BadValueError(f"the text in {column!r} must be a string; got {brief(value)} ({type(value).__name__})")


def parse_label(value: Any, column: str, separator: str | None = None) -> str | tuple[str, ...]:
    """Parse the label or labels in a cell.

    White space around a label is removed. Numbers become strings. A float without a fractional part is written as an
    integer, because other programs turn the integer 1 into 1.0 in a column with missing values. Booleans become "true"
    and "false".

    Args:
        value: Value of a cell: a string, number or boolean, or a list of these for several labels.
        column: Name of the column, for messages.
        separator: Text that separates the labels in a cell. `None` means that a string is a single label.

    Returns:
        One label as a string, or a sorted tuple of labels if the value is a list or a separator is given. The tuple is
        empty if the value is an empty list, or a string without any label between its separators.

    Raises:
        BadValueError: If the label is missing, empty or repeated, contains a NUL character or a lone surrogate, or has
            a type that cannot be a label.
    """
    if not isinstance(value, list | tuple) and separator is None:
        return _single(value, column)
    items = value if isinstance(value, list | tuple) else [value]
    return sort_labels([part for item in items for part in _parts(item, column, separator)], column)


def sort_labels(labels: Sequence[Any], column: str = "labels") -> tuple[Any, ...]:
    """Return the labels of a row as a sorted tuple, so that equal sets of labels become equal tuples.

    Args:
        labels: Labels of one row, in any order.
        column: Name of the column, for messages.

    Raises:
        BadValueError: If a label is repeated.
    """
    twice = next((label for place, label in enumerate(labels) if label in labels[:place]), None)
    if twice is not None:
        raise BadValueError(f"{column!r} contains the label {twice!r} twice")
    return tuple(sorted(labels, key=str))


def holds_separator(value: Any, separator: str) -> bool:
    """Return whether the separator occurs in a label cell: in the string, or in any string of a list."""
    if isinstance(value, list | tuple):
        return any(holds_separator(item, separator) for item in value)
    return isinstance(value, str) and separator in value


def _parts(value: Any, column: str, separator: str | None) -> list[str]:
    if separator is None or not isinstance(value, str):
        return [_single(value, column)]
    return [part.strip() for part in value.split(separator) if part.strip()]


def _single(value: Any, column: str) -> str:
    if isinstance(value, BadValueError):  # an earlier step has found the problem
        raise value
    if value is None or (isinstance(value, float) and math.isnan(value)):
        raise BadValueError(f"the label in {column!r} is missing")
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, int | float):
        return str(value)
    if not isinstance(value, str):
        shown = f"{brief(value)} ({type(value).__name__})"
        raise BadValueError(f"the label in {column!r} must be a string, a number or a list; got {shown}")
    if not value.strip():
        raise BadValueError(f"the label in {column!r} is empty")
    return _check_characters(value.strip(), f"the label in {column!r}")


def _check_characters(value: str, what: str) -> str:
    if not is_encodable(value):
        raise BadValueError(f"{what} contains a lone surrogate, which is not a character")
    if "\0" in value:  # allowed in JSON and Parquet, but not in text files, to which the value may be written later
        raise BadValueError(f"{what} contains a NUL character")
    return value


def is_encodable(text: str) -> bool:
    """Return whether the string can be encoded as UTF-8. Lone surrogates, which JSON allows, cannot."""
    return text.isascii() or not _SURROGATE.search(text)


def brief(value: Any) -> str:
    """Return the `repr` of a value, truncated to 40 characters."""
    shown = repr(value)
    return shown if len(shown) <= 40 else shown[:37] + "..."
