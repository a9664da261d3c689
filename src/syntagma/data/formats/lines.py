r"""Reading of UTF-8 text files line by line.

Files are split at `\n` only, and decompressed if their name ends in `.gz`. A file that is not UTF-8 raises an error
that explains how to convert it.
"""

import codecs
import difflib
import gzip
import os
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from syntagma.data.formats.encodings import advice, conversion
from syntagma.data.formats.names import stem
from syntagma.data.formats.streams import StreamLines
from syntagma.errors import DataError
from syntagma.files import open_binary
from syntagma.progress import Progress

STANDARD_INPUT = "-"

# Large enough for a text of 10 MB; small enough that a file without any line ending does not fill the memory.
LIMIT_LINE_BYTES = 64 << 20

# Smaller files are read in a second or two, in which a progress bar would only flicker.
_SHOWN_FROM_BYTES = 128 << 20
_SHOWN_FROM_PACKED_BYTES = 32 << 20

_MEGABYTE = 1e6

# Size of the sample from which the encoding of a file that is not UTF-8 is guessed.
_SAMPLE_BYTES = 1 << 20


def name_of(path: str | Path) -> str:
    """Return the name of a file for use in messages. The path `-` is named "standard input"."""
    return "standard input" if str(path) == STANDARD_INPUT else str(path)


class Lines(Iterator[str]):
    """Iterator over the lines of a file, with a function to check whether reading the next line would block.

    Attributes:
        is_ready: Function that returns whether the next line is available without blocking.
    """

    def __init__(self, lines: Iterator[str], is_ready: Callable[[], bool]):
        self._lines = lines
        self.is_ready = is_ready

    def __next__(self) -> str:
        return next(self._lines)


@contextmanager
def read_lines(path: str | Path) -> Iterator[Lines]:
    r"""Open a UTF-8 file and yield an iterator over its lines, including their line endings.

    Only `\n` ends a line, or `\r` in a file without any `\n`. A byte order mark at the start is dropped. The file is
    closed at the end of the `with` block.

    Args:
        path: File to read, decompressed if its name ends in `.gz`; `-` is the standard input.

    Raises:
        DataError: If the file is missing, unreadable, truncated or not UTF-8, contains a NUL byte, or has a line that
            is longer than 64 MiB.
    """
    with open_bytes(path) as file, _progress(path) as progress:
        pipe = StreamLines.open(file) if str(path) == STANDARD_INPUT else None
        lines = _decode_lines(_raw_lines(pipe or file, path), path, progress)
        yield Lines(lines, pipe.is_ready if pipe else lambda: True)


def read_whole_file(path: str | Path, limit_bytes: int = LIMIT_LINE_BYTES) -> str:
    """Read a UTF-8 file as one string, without a byte order mark.

    Raises:
        DataError: If the file is missing, unreadable, truncated, not UTF-8 or larger than `limit_bytes`, or contains a
            NUL byte.
    """
    with open_bytes(path) as file, _readable(path):
        content = file.read(limit_bytes + 1)
    if len(content) > limit_bytes:
        raise DataError(f"a text may have at most {limit_bytes:,} bytes; this file is larger. Split it.", path=path)
    return decode(content, path)


def first_line(path: str | Path) -> str:
    """Return the first non-blank line of a file, or "" if the file has no such line. See `read_lines` for errors."""
    with read_lines(path) as lines:
        return next((line for line in lines if line.strip()), "")


def strip_line_end(line: str) -> str:
    r"""Return a line without its line ending, `\n` or `\r\n`."""
    return line.removesuffix("\n").removesuffix("\r")


def decode(raw: bytes, path: str | Path, line: int | None = None) -> str:
    """Decode bytes as UTF-8, and drop a byte order mark at the start of the file.

    Args:
        raw: Bytes of one line, or of the whole file.
        path: Path of the file that contains the bytes, for messages.
        line: Line number, or `None` if `raw` is the whole file.

    Raises:
        DataError: If the bytes are not UTF-8 or contain a NUL byte.
    """
    if line in (None, 1):
        raw = _strip_byte_order_mark(raw, path)
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        where = error.start + 1
        line = line or raw[: error.start].count(b"\n") + 1
        raise DataError(
            f"must be UTF-8, but byte {where:,} is 0x{raw[error.start]:02X}. {advice(_file(path), _sample(path, raw))}",
            path=name_of(path),
            line=line,
        ) from error
    if "\0" in text:
        line = line or text[: text.index("\0")].count("\n") + 1
        raise DataError(
            f"contains a NUL byte, so it is not UTF-8 text. If it is {_wide_encoding(raw)[:6]}, convert it: "
            f"`{conversion(_file(path), _wide_encoding(raw))}`.",
            path=name_of(path),
            line=line,
        )
    return text


@contextmanager
def open_bytes(path: str | Path) -> Iterator[IO[bytes]]:
    """Open a file for reading bytes. It is decompressed if its name ends in `.gz`; `-` is the standard input.

    Raises:
        DataError: If the file is missing or cannot be opened.
    """
    if str(path) == STANDARD_INPUT:
        yield sys.stdin.buffer
        return
    check_exists(path)
    try:
        file = open_binary(path)
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror or error}.", path=path) from error
    with file:
        yield file


def check_exists(path: str | Path) -> None:
    """Check that a path exists.

    Raises:
        DataError: If there is neither a file nor a folder at `path`. The message suggests a similar name in the same
            parent folder, if there is one.
    """
    path = Path(path)
    if path.exists():
        return
    if path.is_symlink():
        raise DataError(f"is a link to {os.readlink(path)!r}, which does not exist; fix the link.", path=path)
    near = _nearest_sibling(path)
    remedy = f"did you mean {str(near)!r}?" if near else "check the path."
    raise DataError(f"there is no such file or folder; {remedy}", path=path)


def _nearest_sibling(path: Path) -> Path | None:
    siblings = list(path.parent.iterdir()) if path.parent.is_dir() else []
    # Compare stems: a common extension does not make names similar, and a missing one should not make them different.
    close = difflib.get_close_matches(stem(path), [stem(sibling) for sibling in siblings], n=1)
    names = [sibling.name for sibling in siblings if stem(sibling) in close]
    return path.parent / difflib.get_close_matches(path.name, names, n=1, cutoff=0)[0] if names else None


@contextmanager
def _readable(path: str | Path) -> Iterator[None]:
    try:
        yield
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(
            f"is truncated or not a gzip file ({error}). Download or compress it again.", path=path
        ) from error
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror or error}.", path=path) from error


def _decode_lines(lines: Iterable[bytes], path: str | Path, progress: Progress | None) -> Iterator[str]:
    for number, raw in enumerate(lines, start=1):
        if progress is not None:
            progress.advance(len(raw) / _MEGABYTE)
        yield decode(raw, path, line=number)


def _raw_lines(file: IO[bytes] | StreamLines, path: str | Path) -> Iterator[bytes]:
    number = 0
    while True:
        number += 1
        with _readable(path):
            raw = file.readline(LIMIT_LINE_BYTES + 1)
        if not raw:
            return
        if number == 1 and b"\n" not in raw and b"\r" in raw.rstrip(b"\r") and len(raw) <= LIMIT_LINE_BYTES:
            # All lines of a file from an old Mac end in a carriage return.
            yield from (line + b"\n" for line in raw.rstrip(b"\r").split(b"\r"))
            return
        if len(raw) > LIMIT_LINE_BYTES:
            raise DataError(
                f"a line may have at most {LIMIT_LINE_BYTES:,} bytes; this one is longer.",
                path=name_of(path),
                line=number,
            )
        yield raw


def _strip_byte_order_mark(raw: bytes, path: str | Path) -> bytes:
    # UTF-32 first, because its little-endian mark starts with the one of UTF-16.
    marks = {"UTF-32": (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE), "UTF-16": (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)}
    for encoding, beginnings in marks.items():
        if raw.startswith(beginnings):
            convert = conversion(_file(path), encoding)
            raise DataError(f"must be UTF-8, but it is {encoding}. Convert it: `{convert}`.", path=name_of(path))
    if raw.startswith(b"\x1f\x8b"):
        raise DataError("is compressed with gzip; rename it to end in .gz.", path=name_of(path))
    return raw.removeprefix(codecs.BOM_UTF8)


@contextmanager
def _progress(path: str | Path) -> Iterator[Progress | None]:
    """Show a progress bar and yield it if the file is large; otherwise, yield `None`."""
    packed = Path(path).suffix == ".gz"
    size_bytes = 0 if str(path) == STANDARD_INPUT else Path(path).stat().st_size
    if size_bytes < (_SHOWN_FROM_PACKED_BYTES if packed else _SHOWN_FROM_BYTES):
        yield None
        return
    total = None if packed else size_bytes / _MEGABYTE
    with Progress(f"Reading {Path(path).name}", total=total, unit="MB") as progress:
        yield progress


def _sample(path: str | Path, raw: bytes) -> list[bytes]:
    """Return the distinct lines with non-ASCII bytes, first from `raw` and then from the start of the file."""
    lines = raw.split(b"\n")
    if (file := _file(path)) is not None:
        with open_bytes(file) as content, _readable(file):
            # The last line may end within a character.
            lines += content.read(_SAMPLE_BYTES).split(b"\n")[:-1]
    return [line for line in dict.fromkeys(lines) if not line.isascii()]


def _wide_encoding(raw: bytes) -> str:
    """Guess whether text with NUL bytes is UTF-16 or UTF-32, and its byte order.

    A Latin letter has one NUL byte in UTF-16 and three in UTF-32. The NUL bytes follow the letter if the encoding is
    little-endian, and precede the letter if the encoding is big-endian.
    """
    if raw.count(0) > 0.6 * len(raw):
        return "UTF-32LE" if raw[::4].count(0) <= raw[3::4].count(0) else "UTF-32BE"
    return "UTF-16LE" if raw[1::2].count(0) >= raw[::2].count(0) else "UTF-16BE"


def _file(path: str | Path) -> Path | None:
    return None if str(path) == STANDARD_INPUT else Path(path)
