"""Code shared by the writers of predictions: formats, unique column names, and encoding as CSV, JSON and UTF-8."""

import csv
import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from syntagma.errors import ConfigError

Record = dict[str, Any]


class Writer(NamedTuple):
    """Output format for predictions, with the functions that write it.

    Predictions are written in blocks of rows, so that not all of them need to be in memory.

    Attributes:
        write: Function that converts predictions to the bytes of a file.
        suffixes: File name suffixes that select the format, without the dot.
        join: Function that converts blocks of predictions to consecutive chunks of bytes of one file, or `None` if the
            file is the concatenation of what `write` returns for each block.
        companion: Function that converts a block of predictions to a chunk of the text file that accompanies the
            output file, or `None` if the format has no such file.
    """

    write: Callable[[Any], bytes]
    suffixes: tuple[str, ...] = ()
    join: Callable[[Iterable[Any]], Iterator[bytes]] | None = None
    companion: Callable[[Any], bytes] | None = None

    def pieces(self, blocks: Iterable[Any]) -> Iterator[bytes]:
        """Yield the consecutive chunks of bytes of a file with several blocks of predictions."""
        return map(self.write, blocks) if self.join is None else self.join(blocks)


class ExplanationPage(Protocol):
    """Page that explains predictions, for `syntagma predict --explain`."""

    def add(self, predictions: Any) -> None:
        """Add a block of predictions, of the type that the writers accept."""

    def content(self) -> bytes:
        """Return the bytes of the page about all predictions that were added."""


def make_joined_writer(
    join: Callable[[Iterable[Any]], Iterator[bytes]], *suffixes: str, companion: Callable[[Any], bytes] | None = None
) -> Writer:
    """Return the `Writer` of a format whose file is more than its concatenated blocks, such as one with a header.

    Args:
        join: Function that converts blocks of predictions to consecutive chunks of bytes of one file.
        *suffixes: File name suffixes that select the format, without the dot.
        companion: Function that converts a block of predictions to a chunk of the accompanying text file, or `None`.
    """
    return Writer(lambda predictions: b"".join(join([predictions])), suffixes, join, companion)


def format_by_name(path: str, writers: Mapping[str, Writer]) -> str | None:
    """Return the name of the format that the suffix of a file name selects, or `None` if no format has this suffix.

    A final `.gz` is ignored.
    """
    suffix = Path(path.removesuffix(".gz")).suffix.lower().removeprefix(".")
    return next((name for name, writer in writers.items() if suffix in writer.suffixes), None)


def rename_duplicates(values: Mapping[str, Any], taken: Mapping[str, Any], prefix: str = "model_") -> Record:
    """Return `values` with `prefix` added to each name that is a key of `taken`, repeatedly if necessary."""
    free = {}
    for name, value in values.items():
        while name in taken:
            name = f"{prefix}{name}"
        free[name] = value
    return free


def csv_lines(rows: Iterable[Iterable[Any]], delimiter: str = ",") -> str:
    """Return rows of fields as lines of CSV, each of which ends in a line feed."""
    buffer, lines = StringIO(), []
    # With \\r\\n as the line terminator, csv quotes fields that contain \\r or \\n. It is replaced with \\n below.
    writer = csv.writer(buffer, delimiter=delimiter, lineterminator="\r\n")
    for row in rows:
        writer.writerow(row)
        lines.append(buffer.getvalue().removesuffix("\r\n") + "\n")
        buffer.seek(0)
        buffer.truncate()
    return "".join(lines)


def tsv_lines(rows: Iterable[Iterable[Any]], first: int) -> str:
    """Return rows of fields as lines of TSV.

    Args:
        rows: Fields of each row. `None` is an empty field.
        first: Number of the first row, for the error message.

    Raises:
        ConfigError: If a field contains a tab or a line break, which TSV cannot represent.
    """
    lines = []
    for number, row in enumerate(rows, start=first):
        fields = ["" if field is None else str(field) for field in row]
        if any(character in field for field in fields for character in "\t\n\r"):
            raise ConfigError(
                f"row {number} contains a tab or a line break, which TSV cannot represent; write CSV or JSON lines."
            )
        lines.append("\t".join(fields) + "\n")
    return "".join(lines)


def encode_utf8(text: str) -> bytes:
    """Encode text as UTF-8. Lone surrogates, which UTF-8 cannot encode, become U+FFFD."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()


def json_line(record: Any) -> str:
    """Return a record as one line of JSON. Numbers that are not finite become null."""
    try:
        return json.dumps(record, ensure_ascii=False, default=str, allow_nan=False)
    except ValueError:
        return json.dumps(replace_non_finite(record), ensure_ascii=False, default=str)


def replace_non_finite(value: Any) -> Any:
    """Return a copy of nested values with `None` instead of NaN and infinite numbers, which JSON cannot represent."""
    if isinstance(value, dict):
        return {name: replace_non_finite(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [replace_non_finite(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
