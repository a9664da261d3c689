"""What the writers of predictions share: a format by name, free names for columns, text as UTF-8."""

import json
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

Record = dict[str, Any]


class Writer(NamedTuple):
    """An output format.

    Attributes:
        write: Turns predictions into the bytes of a file.
        suffixes: Endings of file names that ask for it, without the dot.
    """

    write: Callable[[Any], bytes]
    suffixes: tuple[str, ...] = ()


def format_by_name(path: str, writers: Mapping[str, Writer]) -> str | None:
    """Return the format that the ending of a file's name asks for; a last `.gz` does not count."""
    suffix = Path(path.removesuffix(".gz")).suffix.lower().removeprefix(".")
    return next((name for name, writer in writers.items() if suffix in writer.suffixes), None)


def renamed(values: Mapping[str, Any], taken: Mapping[str, Any], prefix: str = "model_") -> Record:
    """Return the values under names that are not taken."""
    free = {}
    for name, value in values.items():
        while name in taken:
            name = f"{prefix}{name}"
        free[name] = value
    return free


def utf8(text: str) -> bytes:
    """Encode text as UTF-8, which has no lone surrogates: they become U+FFFD."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()


def json_line(record: Any) -> str:
    """Return one line of JSON, in which numbers that are not finite are null."""
    try:
        return json.dumps(record, ensure_ascii=False, default=str, allow_nan=False)
    except ValueError:
        return json.dumps(finite(record), ensure_ascii=False, default=str)


def finite(value: Any) -> Any:
    """Return nested values with `None` for numbers that JSON does not have."""
    if isinstance(value, dict):
        return {name: finite(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [finite(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
