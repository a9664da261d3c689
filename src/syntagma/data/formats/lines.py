r"""The lines of a text file: UTF-8 or a clear error, split at `\n` only, unpacked where the name ends in `.gz`."""

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

from syntagma.data.formats.arriving import Arriving
from syntagma.data.formats.encodings import advice, conversion
from syntagma.data.formats.names import stem
from syntagma.errors import DataError
from syntagma.files import open_binary
from syntagma.progress import Progress

STANDARD_INPUT = "-"

# A text of 10 MB must be read; a file without any line end must not fill the memory.
LIMIT_LINE_BYTES = 64 << 20

# Below these sizes reading takes a second or two, and a bar would only flicker.
_SHOWN_FROM_BYTES = 128 << 20
_SHOWN_FROM_PACKED_BYTES = 32 << 20

_MEGABYTE = 1e6

# So much of a file that is not UTF-8 is looked at to find out what it is.
_SAMPLE_BYTES = 1 << 20


def name_of(path: str | Path) -> str:
    """How messages call the file; `-` is the standard input."""
    return "standard input" if str(path) == STANDARD_INPUT else str(path)


class Lines(Iterator[str]):
    """Lines of a file; `waits` says if the next one is there, so that reading on does not wait for it."""

    def __init__(self, lines: Iterator[str], waits: Callable[[], bool]):
        self._lines = lines
        self.waits = waits

    def __next__(self) -> str:
        return next(self._lines)


@contextmanager
def read_lines(path: str | Path) -> Iterator[Lines]:
    r"""The lines of a UTF-8 file with their line ends; only `\n` ends a line, or `\r` in a file without any `\n`.

    The file is open within the `with`.

    A byte order mark at the start is dropped.

    Args:
        path: A file, packed where its name ends in `.gz`; `-` is the standard input.

    Raises:
        DataError: The file is missing, unreadable, cut short, not UTF-8, holds a NUL byte, or a line is too long.
    """
    with opened(path) as file, _shown(path) as progress:
        pipe = Arriving.of(file) if str(path) == STANDARD_INPUT else None
        lines = _decoded(_raw_lines(pipe or file, path), path, progress)
        yield Lines(lines, pipe.waits if pipe else lambda: True)


def read_whole(path: str | Path, limit_bytes: int = LIMIT_LINE_BYTES) -> str:
    """Reads a whole UTF-8 file as one text, without a byte order mark.

    Raises:
        DataError: As `read_lines`, or the file has more than `limit_bytes`.
    """
    with opened(path) as file, _readable(path):
        content = file.read(limit_bytes + 1)
    if len(content) > limit_bytes:
        raise DataError(f"one text has at most {limit_bytes:,} bytes; this file is larger. Split it.", path=path)
    return decode(content, path)


def first_line(path: str | Path) -> str:
    """Return the first line that is not blank, "" if there is none; see `read_lines`."""
    with read_lines(path) as lines:
        return next((line for line in lines if line.strip()), "")


def without_end(line: str) -> str:
    r"""The line without `\n` or `\r\n` at its end."""
    return line.removesuffix("\n").removesuffix("\r")


def decode(raw: bytes, path: str | Path, line: int | None = None) -> str:
    """Decodes UTF-8; see `read_lines` for what is refused. Without `line`, `raw` is the whole file."""
    if line in (None, 1):
        raw = _without_mark(raw, path)
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
            f"holds a NUL byte, so it is no text file in UTF-8. If it is {_wide_of(raw)[:6]}, convert it: "
            f"`{conversion(_file(path), _wide_of(raw))}`.",
            path=name_of(path),
            line=line,
        )
    return text


@contextmanager
def opened(path: str | Path) -> Iterator[IO[bytes]]:
    """Opens a file for reading bytes, unpacked.

    Raises:
        DataError: The file is missing or cannot be opened.
    """
    if str(path) == STANDARD_INPUT:
        yield sys.stdin.buffer
        return
    refuse_missing(path)
    try:
        file = open_binary(path)
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror or error}.", path=path) from error
    with file:
        yield file


def refuse_missing(path: str | Path) -> None:
    """Refuse a path at which there is neither a file nor a folder.

    Raises:
        DataError: The message names a file of a similar name.
    """
    path = Path(path)
    if path.exists():
        return
    if path.is_symlink():
        raise DataError(f"is a link to {os.readlink(path)!r}, which does not exist; mend the link.", path=path)
    near = _nearest_sibling(path)
    remedy = f"did you mean {str(near)!r}?" if near else "check the path."
    raise DataError(f"there is no such file or folder; {remedy}", path=path)


def _nearest_sibling(path: Path) -> Path | None:
    siblings = list(path.parent.iterdir()) if path.parent.is_dir() else []
    # By the stem: an ending in common makes no two names alike, and one that was left out should not count.
    close = difflib.get_close_matches(stem(path), [stem(sibling) for sibling in siblings], n=1)
    names = [sibling.name for sibling in siblings if stem(sibling) in close]
    return path.parent / difflib.get_close_matches(path.name, names, n=1, cutoff=0)[0] if names else None


@contextmanager
def _readable(path: str | Path) -> Iterator[None]:
    try:
        yield
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(f"is cut short or no gzip file ({error}). Fetch or pack it again.", path=path) from error
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror or error}.", path=path) from error


def _decoded(lines: Iterable[bytes], path: str | Path, progress: Progress | None) -> Iterator[str]:
    for number, raw in enumerate(lines, start=1):
        if progress is not None:
            progress.advance(len(raw) / _MEGABYTE)
        yield decode(raw, path, line=number)


def _raw_lines(file: IO[bytes] | Arriving, path: str | Path) -> Iterator[bytes]:
    number = 0
    while True:
        number += 1
        with _readable(path):
            raw = file.readline(LIMIT_LINE_BYTES + 1)
        if not raw:
            return
        if number == 1 and b"\n" not in raw and b"\r" in raw.rstrip(b"\r") and len(raw) <= LIMIT_LINE_BYTES:
            # Lines of an old Mac end in a carriage return, all of them or none.
            yield from (line + b"\n" for line in raw.rstrip(b"\r").split(b"\r"))
            return
        if len(raw) > LIMIT_LINE_BYTES:
            raise DataError(
                f"a line has at most {LIMIT_LINE_BYTES:,} bytes; this one is longer.", path=name_of(path), line=number
            )
        yield raw


def _without_mark(raw: bytes, path: str | Path) -> bytes:
    # That of UTF-32 first: in one order of bytes it begins with that of UTF-16.
    marks = {"UTF-32": (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE), "UTF-16": (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)}
    for encoding, beginnings in marks.items():
        if raw.startswith(beginnings):
            convert = conversion(_file(path), encoding)
            raise DataError(f"must be UTF-8, but it is {encoding}. Convert it: `{convert}`.", path=name_of(path))
    if raw.startswith(b"\x1f\x8b"):
        raise DataError("is packed with gzip; give it a name that ends in .gz.", path=name_of(path))
    return raw.removeprefix(codecs.BOM_UTF8)


@contextmanager
def _shown(path: str | Path) -> Iterator[Progress | None]:
    packed = Path(path).suffix == ".gz"
    size_bytes = 0 if str(path) == STANDARD_INPUT else Path(path).stat().st_size
    if size_bytes < (_SHOWN_FROM_PACKED_BYTES if packed else _SHOWN_FROM_BYTES):
        yield None
        return
    total = None if packed else size_bytes / _MEGABYTE
    with Progress(f"Reading {Path(path).name}", total=total, unit="MB") as progress:
        yield progress


def _sample(path: str | Path, raw: bytes) -> list[bytes]:
    """Different lines with more than ASCII: of `raw`, which is not UTF-8, then from the start of its file."""
    lines = raw.split(b"\n")
    if (file := _file(path)) is not None:
        with opened(file) as content, _readable(file):
            # The last line may be cut within a letter.
            lines += content.read(_SAMPLE_BYTES).split(b"\n")[:-1]
    return [line for line in dict.fromkeys(lines) if not line.isascii()]


def _wide_of(raw: bytes) -> str:
    """The encoding in which a text with NUL bytes may be: Latin letters have one or three of them, behind or before."""
    if raw.count(0) > 0.6 * len(raw):
        return "UTF-32LE" if raw[::4].count(0) <= raw[3::4].count(0) else "UTF-32BE"
    return "UTF-16LE" if raw[1::2].count(0) >= raw[::2].count(0) else "UTF-16BE"


def _file(path: str | Path) -> Path | None:
    return None if str(path) == STANDARD_INPUT else Path(path)
