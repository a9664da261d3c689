"""Where predictions go: a file that is replaced when its content is complete, or the standard output."""

import gzip
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import IO, Any

from syntagma.errors import ConfigError
from syntagma.files import atomic_write
from syntagma.tasks.writing import Writer, format_by_name


def choose_format(asked: str | None, output: str, writers: Mapping[str, Writer], default: str) -> str:
    """Return the format of the output: the one asked for, the one the file is named after, or the default of `-`.

    Raises:
        ConfigError: The task has no such format, or the name of the output file tells none.
    """
    if asked is not None and asked not in writers:
        raise ConfigError(f"--format {asked} is not one of this model's: {', '.join(writers)}.")
    if asked is not None or output == "-":
        return asked or default
    found = format_by_name(output, writers)
    if found is None:
        known = ", ".join(f".{ending}" for writer in writers.values() for ending in writer.suffixes)
        raise ConfigError(f"--output {output}: the name tells no format ({known}). Name it so, or give --format.")
    return found


def check_output(output: str, input: str | None) -> None:
    """Raise `ConfigError` for an output that is the input, a folder, in no folder that exists, or no ordinary file."""
    if output == "-":
        return
    path = Path(output)
    try:
        if path.is_dir():
            raise ConfigError(f"--output {output} is a folder; give the name of a file.")
        if not path.parent.is_dir():
            raise ConfigError(f"--output {output}: there is no folder {path.parent}; create it, or name another.")
        if path.exists() and not path.is_file():
            raise ConfigError(f"--output {output} is no ordinary file; write to - and redirect that.")
        same = input not in (None, "-") and path.exists() and path.samefile(str(input))
    except OSError as error:
        raise ConfigError(f"--output {output} cannot be written: {error.strerror or error}.") from error
    if same:
        raise ConfigError(f"--output {output} is the input file, which is never replaced; name another file.")


def write_predictions(writer: Writer, blocks: Iterable[Any], path: str, input: str | None = None) -> None:
    """Write predictions that come in blocks, each as soon as it is there; see `write_content`.

    A format with a companion, a file of texts, gets it next to the file, with the ending `.txt`.

    Raises:
        ConfigError: A file cannot be written, or the companion would replace another file.
    """
    if path == "-" or writer.companion is None:
        write_pieces(writer.pieces(blocks), path)
        return
    texts = _companion_of(Path(path), input)
    with atomic_write(texts) as partial, partial.open("wb") as file:
        write_pieces(writer.pieces(_copied(blocks, writer.companion, file)), path)


def _copied(blocks: Iterable[Any], companion: Callable[[Any], bytes], file: IO[bytes]) -> Iterator[Any]:
    for block in blocks:
        file.write(companion(block))
        yield block


def _companion_of(path: Path, input: str | None) -> Path:
    texts = Path(str(path).removesuffix(".gz")).with_suffix(".txt")
    is_input = input not in (None, "-") and texts.exists() and texts.samefile(str(input))
    if is_input or texts == path or (texts.exists() and not path.exists()):
        raise ConfigError(f"--output {path} has its texts in {texts}, which is there already; name another file.")
    return texts


def write_content(content: bytes, path: str) -> None:
    """Write to a file, replaced when complete, packed where its name ends in `.gz`, or to the standard output (`-`).

    Raises:
        ConfigError: The file cannot be written.
    """
    write_pieces([content], path)


def write_pieces(pieces: Iterable[bytes], path: str) -> None:
    """Write the pieces of a file as they come; see `write_content`."""
    if path == "-":
        sys.stdout.flush()
        for piece in pieces:
            sys.stdout.buffer.write(piece)
            sys.stdout.flush()  # here, so that a reader that has gone is noticed while it can be dealt with
        return
    try:
        # Through a link to the file that it names.
        with (
            atomic_write(os.path.realpath(path)) as partial,
            partial.open("wb") as plain,
            _packing(plain, path) as file,
        ):
            for piece in pieces:
                file.write(piece)
    except OSError as error:
        raise ConfigError(f"--output {path} cannot be written: {error.strerror or error}.") from error


def _packing(file: IO[bytes], path: str) -> AbstractContextManager[Any]:
    return gzip.GzipFile("", "wb", fileobj=file, mtime=0) if path.endswith(".gz") else nullcontext(file)
