"""Writing of predictions to standard output, or to a file that is replaced atomically."""

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


def choose_format(requested: str | None, output: str, writers: Mapping[str, Writer], default: str) -> str:
    """Choose the output format: the requested format, the format that matches the file extension, or the default.

    Args:
        requested: Name of the requested format. `None` if no format was requested.
        output: Path of the output file, or "-" for standard output.
        writers: Writers of the task, by format name.
        default: Name of the format for standard output if no format was requested.

    Returns:
        Name of the format, a key of `writers`.

    Raises:
        ConfigError: If the task does not support the requested format, or if the file extension is unknown.
    """
    if requested is not None and requested not in writers:
        raise ConfigError(f"--format {requested} is not supported by this model; choose from {', '.join(writers)}.")
    if requested is not None or output == "-":
        return requested or default
    format = format_by_name(output, writers)
    if format is None:
        known = ", ".join(f".{ending}" for writer in writers.values() for ending in writer.suffixes)
        raise ConfigError(f"--output {output}: unknown file extension (known: {known}). Change it, or pass --format.")
    return format


def check_output(output: str, input: str | None, option: str = "--output") -> None:
    """Raise an error if the output cannot be written.

    Args:
        output: Path of the output file, or "-" for standard output.
        input: Path of the input file, or "-" for standard input. `None` if there is no input file.
        option: Name of the option for the output file, for error messages.

    Raises:
        ConfigError: If the output is the input file, a folder or another path that is not a regular file, or if its
            folder does not exist.
    """
    if output == "-":
        return
    path = Path(output)
    instead = "write to - and redirect the output" if option == "--output" else "choose another path"
    try:
        if path.is_dir():
            raise ConfigError(f"{option} {output} is a folder; pass the name of a file.")
        if not path.parent.is_dir():
            raise ConfigError(f"{option} {output}: the folder {path.parent} does not exist; create it first.")
        if path.exists() and not path.is_file():
            raise ConfigError(f"{option} {output} is not a regular file; {instead}.")
        same = input not in (None, "-") and path.exists() and path.samefile(str(input))
    except OSError as error:
        raise ConfigError(f"{option} {output} cannot be written: {error.strerror or error}.") from error
    if same:
        raise ConfigError(f"{option} {output} is the input file, which is not replaced; choose another file.")


def check_page(page: str | None, output: str, input: str | None) -> None:
    """Raise `ConfigError` if the page of explanations cannot be written; see `check_output`. `None` means no page."""
    if page is None:
        return
    if Path(page).suffix.lower() not in (".html", ".htm"):
        raise ConfigError(f"--explain {page}: the page is HTML; choose a name that ends in .html.")
    check_output(page, input, "--explain")
    if output != "-" and Path(page).resolve() == Path(output).resolve():
        raise ConfigError(f"--explain {page} is also the file for --output; choose another file.")


def write_predictions(writer: Writer, blocks: Iterable[Any], path: str, input: str | None = None) -> None:
    """Write blocks of predictions as soon as they are available.

    Some formats, such as stand-off annotations, have a companion file with the texts. The companion file is written
    next to the output file, with the extension `.txt`. Standard output has no companion file.

    Args:
        writer: Writer of the output format.
        blocks: Blocks of predictions.
        path: Path of the output file, or "-" for standard output. A file is replaced and compressed as in
            `write_content`.
        input: Path of the input file, which the companion file must not replace. `None` if there is no input file.

    Raises:
        ConfigError: If a file cannot be written, or if the companion file would replace the input file or a file that
            does not belong to an earlier output.
    """
    if path == "-" or writer.companion is None:
        write_pieces(writer.pieces(blocks), path)
        return
    texts = _companion_path(Path(path), input)
    with atomic_write(texts) as partial, partial.open("wb") as file:
        write_pieces(writer.pieces(_write_companion(blocks, writer.companion, file)), path)


def _write_companion(blocks: Iterable[Any], companion: Callable[[Any], bytes], file: IO[bytes]) -> Iterator[Any]:
    """Yield each block of predictions, after writing its companion text to `file`."""
    for block in blocks:
        file.write(companion(block))
        yield block


def _companion_path(path: Path, input: str | None) -> Path:
    texts = Path(str(path).removesuffix(".gz")).with_suffix(".txt")
    is_input = input not in (None, "-") and texts.exists() and texts.samefile(str(input))
    if is_input or texts == path or (texts.exists() and not path.exists()):
        raise ConfigError(f"--output {path} also writes {texts}, which exists already; choose another file.")
    return texts


def write_content(content: bytes, path: str) -> None:
    """Write content to a file or to standard output.

    A file is replaced atomically when its content is complete. The content is compressed if the name ends in `.gz`.

    Args:
        content: Content to write.
        path: Path of the file, or "-" for standard output.

    Raises:
        ConfigError: If the file cannot be written.
    """
    write_pieces([content], path)


def write_pieces(pieces: Iterable[bytes], path: str) -> None:
    """Write content like `write_content`, but in consecutive pieces, each as soon as it is available.

    Args:
        pieces: Consecutive parts of the content.
        path: Path of the file, or "-" for standard output.

    Raises:
        ConfigError: If the file cannot be written.
    """
    if path == "-":
        sys.stdout.flush()
        for piece in pieces:
            sys.stdout.buffer.write(piece)
            sys.stdout.flush()  # a closed pipe raises here, where the caller can handle it
        return
    try:
        # A symbolic link is followed, so that its target is replaced and not the link itself.
        with (
            atomic_write(os.path.realpath(path)) as partial,
            partial.open("wb") as plain,
            _open_compressed(plain, path) as file,
        ):
            for piece in pieces:
                file.write(piece)
    except OSError as error:
        raise ConfigError(f"--output {path} cannot be written: {error.strerror or error}.") from error


def _open_compressed(file: IO[bytes], path: str) -> AbstractContextManager[Any]:
    return gzip.GzipFile("", "wb", fileobj=file, mtime=0) if path.endswith(".gz") else nullcontext(file)
