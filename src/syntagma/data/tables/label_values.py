"""From a value in a file to a label: always a string, or a tuple of strings where a text has several."""

import math
from typing import Any


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
    raise BadValueError(f"the text in {column!r} must be a string; got {_brief(value)} ({type(value).__name__})")


def label_of(value: Any, column: str, separator: str | None = None) -> str | tuple[str, ...]:
    """Makes one label, or a tuple of labels where the value is a list or a separator is given.

    White space around a label is dropped. Numbers become their `str()`, but a whole float becomes the integer, since
    1.0 is what other programs make of the integer 1 in a column with gaps; truth values become "true" and "false". A
    list that is empty, or an empty string where a separator is given, is a text to which no label applies.

    Args:
        value: What stands in the file.
        column: Its column, for messages.
        separator: What stands between several labels in one string.

    Raises:
        BadValueError: The label is missing, empty, holds what no file can, or is of a type that cannot be a label.
    """
    if isinstance(value, list | tuple):
        return _without_repeats(part for item in value for part in _parts(item, column, separator))
    if separator is not None:
        return _without_repeats(_parts(value, column, separator))
    return _single(value, column)


def holds_separator(value: Any, separator: str) -> bool:
    """Whether `label_of` would part a string of this value."""
    if isinstance(value, list | tuple):
        return any(holds_separator(item, separator) for item in value)
    return isinstance(value, str) and separator in value


def _parts(value: Any, column: str, separator: str | None) -> list[str]:
    if separator is None or not isinstance(value, str):
        return [_single(value, column)]
    return [part.strip() for part in value.split(separator) if part.strip()]


def _without_repeats(parts: Any) -> tuple[str, ...]:
    return tuple(dict.fromkeys(parts))


def _single(value: Any, column: str) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        raise BadValueError(f"the label in {column!r} is missing")
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, int | float):
        return str(value)
    if not isinstance(value, str):
        kind = type(value).__name__
        raise BadValueError(
            f"the label in {column!r} must be a string, a number or a list; got {_brief(value)} ({kind})"
        )
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
    """Whether UTF-8 can hold a string; half a surrogate pair, which JSON can spell, it cannot."""
    if text.isascii():
        return True
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _brief(value: Any) -> str:
    shown = repr(value)
    return shown if len(shown) <= 40 else shown[:37] + "..."
