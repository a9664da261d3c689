"""Reading of class folders: one folder per class, with one text per file."""

import re
from pathlib import Path

from syntagma.data.formats.lines import read_whole_file
from syntagma.data.formats.names import is_table
from syntagma.data.formats.rows import BadRows, RawRows
from syntagma.errors import DataError
from syntagma.progress import quietly, track

UNLABELLED = "unsup"

_SHOWN_FROM_FILES = 20_000


def read_class_folders(folder: Path, classes: list[str], bad_rows: BadRows) -> RawRows:
    """Read class folders into the columns `text`, `label` (name of the class folder) and `file` (name of the file).

    The location of a row is the path of its file relative to `folder`.

    Args:
        folder: Folder that contains the class folders.
        classes: Names of the class folders to read.
        bad_rows: Collector of files that cannot be read as text.

    Raises:
        DataError: If a class folder is empty, or contains a subfolder or a table, or if a file is not UTF-8 text and
            bad rows are not skipped.
    """
    files = [(label, file) for label in classes for file in _text_files(folder / label)]
    rows = RawRows()
    with quietly(len(files) < _SHOWN_FROM_FILES):
        for label, file in track(files, f"Reading {folder}", unit="files"):
            place = f"{label}/{file.name}"
            text = _text(file, place, bad_rows)
            if text is not None:
                rows.add({"text": text, "label": label, "file": file.name}, place)
    return rows


def list_visible(folder: Path) -> list[Path]:
    """Return the visible entries of a folder in natural order, so that `9_1.txt` comes before `10_1.txt`."""
    entries = [entry for entry in folder.iterdir() if not entry.name.startswith(".")]
    return sorted(entries, key=lambda one: [int(p) if p.isdecimal() else p for p in re.split(r"([0-9]+)", one.name)])


def _text_files(folder: Path) -> list[Path]:
    entries = list_visible(folder)
    for entry in entries:
        if entry.is_dir() or is_table(entry):
            name = entry.name + "/" * entry.is_dir()
            raise DataError(f"is read as a class folder, which may contain only text files; found {name}.", path=folder)
    if not entries:
        raise DataError("is read as a class folder, but contains no files. Remove it, or add files.", path=folder)
    return entries


def _text(file: Path, place: str, bad_rows: BadRows) -> str | None:
    try:
        text = read_whole_file(file)
    except DataError as error:
        if not bad_rows.skipping:
            raise
        bad_rows.add(place, str(error).removeprefix(f"{file}: "))
        return None
    # The final line ending belongs to the file, not to the text.
    return text.removesuffix("\n").removesuffix("\r")
