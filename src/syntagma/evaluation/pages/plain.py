"""Conversion of values for JSON, Markdown and HTML: plain types, finite numbers and printable text."""

import math
import re
from collections.abc import Mapping
from typing import Any

import numpy as np

# Lone surrogates cannot be encoded; noncharacters and most control characters are invalid in HTML and XML.
_UNPRINTABLE = re.compile(
    "[\ud800-\udfff\ufdd0-\ufdef\x7f-\x9f"
    + "".join(chr(plane << 16 | last) for plane in range(17) for last in (0xFFFE, 0xFFFF))
    + "]"
)
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f]")
_PICTURE_OF_NULL = 0x2400


def plain(value: Any) -> Any:
    """Convert a value to JSON-serialisable dicts, lists, strings, finite numbers, booleans and `None`.

    NumPy arrays, tuples and sets become lists, and NumPy scalars become numbers. NaN and infinity become `None`. Other
    objects become strings.

    Example:
        >>> plain({"a": (np.float32(0.5), float("nan"))})
        {'a': [0.5, None]}
    """
    if isinstance(value, str):
        return printable(value)
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, np.ndarray | np.generic):
        return plain(value.tolist())
    if isinstance(value, Mapping):
        return {printable(str(key)): plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(part) for part in value]
    return printable(str(value))


def printable(text: str) -> str:
    r"""Replace characters that cannot be printed or stored in a file.

    Control characters become visible symbols (NUL becomes ␀). Invalid characters, such as lone surrogates, become the
    replacement character U+FFFD. Line feeds and tabs are kept, but `\r\n` and `\r` become `\n`.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = _CONTROLS.sub(lambda match: chr(_PICTURE_OF_NULL + ord(match[0])), text)
    return _UNPRINTABLE.sub("\ufffd", text)


def shorten(text: str, characters: int) -> str:
    """Truncate a text to a maximum number of characters, including an ellipsis if the text was longer.

    Example:
        >>> shorten("abcdef", 4)
        'abc…'
    """
    return text if len(text) <= characters else text[: characters - 1].rstrip() + "…"
