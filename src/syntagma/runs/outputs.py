"""Where predictions go: a file that is replaced when its content is complete, or the standard output."""

import gzip
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from syntagma.errors import ConfigError
from syntagma.files import write_bytes
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


def write_content(content: bytes, path: str) -> None:
    """Writes to a file, replaced when complete, packed where its name ends in `.gz`, or to the standard output (`-`).

    Raises:
        ConfigError: The file cannot be written.
    """
    if path == "-":
        sys.stdout.flush()
        sys.stdout.buffer.write(content)
        sys.stdout.flush()  # here, so that a reader that has gone is noticed while it can be dealt with
        return
    packed = gzip.compress(content, mtime=0) if path.endswith(".gz") else content
    try:
        write_bytes(os.path.realpath(path), packed)  # through a link to the file that it names
    except OSError as error:
        raise ConfigError(f"--output {path} cannot be written: {error.strerror or error}.") from error
