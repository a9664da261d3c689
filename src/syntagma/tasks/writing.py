"""What the writers of predictions share: a format by name, free names for columns, text as UTF-8."""

import csv
import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple

Record = dict[str, Any]


class Writer(NamedTuple):
    """An output format.

    Attributes:
        write: Turns predictions into the bytes of a file.
        suffixes: Endings of file names that ask for it, without the dot.
        join: Turns predictions that come in blocks into the pieces of one file, if that is more than each block written
            after the other.
        companion: Turns a block of predictions into a piece of the text file that belongs to the file, if one does.
    """

    write: Callable[[Any], bytes]
    suffixes: tuple[str, ...] = ()
    join: Callable[[Iterable[Any]], Iterator[bytes]] | None = None
    companion: Callable[[Any], bytes] | None = None

    def pieces(self, blocks: Iterable[Any]) -> Iterator[bytes]:
        """Yield the file of several blocks of predictions, one piece per block, and what comes after them."""
        return map(self.write, blocks) if self.join is None else self.join(blocks)


def joining(
    join: Callable[[Iterable[Any]], Iterator[bytes]], *suffixes: str, companion: Callable[[Any], bytes] | None = None
) -> Writer:
    """Return the writer of a format whose files are more than their blocks."""
    return Writer(lambda predictions: b"".join(join([predictions])), suffixes, join, companion)


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


def csv_lines(rows: Iterable[Iterable[Any]], delimiter: str = ",") -> str:
    """Return rows as lines of CSV."""
    buffer, lines = StringIO(), []
    # With \\r\\n as its line end, csv puts fields with either sign into quotes; the rows end in \\n all the same.
    writer = csv.writer(buffer, delimiter=delimiter, lineterminator="\r\n")
    for row in rows:
        writer.writerow(row)
        lines.append(buffer.getvalue().removesuffix("\r\n") + "\n")
        buffer.seek(0)
        buffer.truncate()
    return "".join(lines)


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
