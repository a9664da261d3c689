"""Search for the files below a folder that have certain endings, in a fixed order and with a limit on their number."""

import os
from collections.abc import Sequence
from pathlib import Path

from syntagma.errors import DataError

_MOST_FILES = 100_000


def find_files(folder: Path, endings: Sequence[str]) -> list[Path]:
    """Return the files below a folder whose names have one of the endings, sorted by path. A file returns itself.

    Hidden files and folders, and links to folders, are not searched.

    Raises:
        DataError: If there are more than 100,000 such files.
    """
    if folder.is_file():
        return [folder]
    found: list[Path] = []
    for parent, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [Path(parent, name) for name in files if name.endswith(tuple(endings)) and not name.startswith(".")]
        if len(found) > _MOST_FILES:
            raise DataError(
                f"contains more than {_MOST_FILES:,} files that end in {' or '.join(endings)}. Name a subfolder.",
                path=folder,
            )
    return sorted(found)


def has_file(folder: Path, endings: Sequence[str]) -> bool:
    """Return whether a folder contains a file with one of the endings, at any depth. The search ends at the first."""
    for _, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        if any(name.endswith(tuple(endings)) and not name.startswith(".") for name in files):
            return True
    return False
