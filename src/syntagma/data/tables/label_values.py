"""From a value in a file to a label: always a string, or a tuple of strings where a text has several."""

import math
import re
from collections.abc import Sequence
from typing import Any

_SURROGATE = re.compile("[\ud800-\udfff]")


class BadValueError(ValueError):
    """A value that is no label or no text; the message says why."""


def text_of(value: Any, column: str) -> str:
    """Checks one text; an empty one is allowed.

    Raises:
        BadValueError: It is missing, no string, or holds a NUL character or half a surrogate pair.
    """
    if isinstance(value, str):
        return _clean(value, f"the text in {column!r}")
    if value is None:
        raise BadValueError(f"the text in {column!r} is missing")
    raise BadValueError(f"the text in {column!r} must be a string; got {brief(value)} ({type(value).__name__})")


def label_of(value: Any, column: str, separator: str | None = None) -> str | tuple[str, ...]:
    """Return one label, or a tuple of labels in a fixed order if the value is a list or a separator is given.

    White space around a label is dropped. Numbers become their `str()`, but a whole float becomes the integer, since
    1.0 is what other programs make of the integer 1 in a column with gaps; truth values become "true" and "false". A
    list that is empty, or an empty string where a separator is given, is a text to which no label applies. The name of
    the column is for messages.

    Raises:
        BadValueError: The label is missing, empty, named twice, holds what no file can, or is of a type that cannot be
            a label.
    """
    if not isinstance(value, list | tuple) and separator is None:
        return _single(value, column)
    items = value if isinstance(value, list | tuple) else [value]
    return in_order([part for item in items for part in _parts(item, column, separator)], column)


def in_order(labels: Sequence[Any], column: str = "labels") -> tuple[Any, ...]:
    """Return the labels of a row in a fixed order, so that equal sets of them are equal.

    Raises:
        BadValueError: A label is there twice.
    """
    twice = next((label for place, label in enumerate(labels) if label in labels[:place]), None)
    if twice is not None:
        raise BadValueError(f"{column!r} names the label {twice!r} twice")
    return tuple(sorted(labels, key=str))


def holds_separator(value: Any, separator: str) -> bool:
    """Whether `label_of` would part a string of this value."""
    if isinstance(value, list | tuple):
        return any(holds_separator(item, separator) for item in value)
    return isinstance(value, str) and separator in value


def _parts(value: Any, column: str, separator: str | None) -> list[str]:
    if separator is None or not isinstance(value, str):
        return [_single(value, column)]
    return [part.strip() for part in value.split(separator) if part.strip()]


def _single(value: Any, column: str) -> str:
    if isinstance(value, BadValueError):  # what was wrong with it was found before
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
        found = f"{brief(value)} ({type(value).__name__})"
        raise BadValueError(f"the label in {column!r} must be a string, a number or a list; got {found}")
    if not value.strip():
        raise BadValueError(f"the label in {column!r} is empty")
    return _clean(value.strip(), f"the label in {column!r}")


def _clean(value: str, what: str) -> str:
    if not is_encodable(value):
        raise BadValueError(f"{what} holds half a surrogate pair, which is no character")
    if "\0" in value:  # JSON and Parquet can hold one; a text file, as which it may be written again, cannot
        raise BadValueError(f"{what} holds a NUL character")
    return value


def is_encodable(text: str) -> bool:
    """Return whether the string can be encoded as UTF-8. Lone surrogates, which JSON allows, cannot."""
    return text.isascii() or not _SURROGATE.search(text)


def brief(value: Any) -> str:
    """Return the `repr` of a value, cut to 40 characters."""
    shown = repr(value)
    return shown if len(shown) <= 40 else shown[:37] + "..."
