"""One folder per class: each file in it is one text."""

import re
from pathlib import Path

from syntagma.data.formats.lines import read_whole
from syntagma.data.formats.names import is_table
from syntagma.data.formats.rows import BadRows, RawRows
from syntagma.errors import DataError
from syntagma.progress import quietly, track

UNLABELLED = "unsup"

_SHOWN_FROM_FILES = 20_000


def read_class_folders(folder: Path, classes: list[str], bad_rows: BadRows) -> RawRows:
    """Read the columns `text`, `label` (the name of the class folder) and `file`; a place is a path below `folder`.

    Raises:
        DataError: A class folder holds a further folder, a table or no file, or a file is no UTF-8 text.
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


def visible(folder: Path) -> list[Path]:
    """Return what is in a folder, without hidden entries, by name and numbers by value: `9_1.txt` before `10_1.txt`."""
    entries = [entry for entry in folder.iterdir() if not entry.name.startswith(".")]
    return sorted(entries, key=lambda one: [int(p) if p.isdecimal() else p for p in re.split(r"([0-9]+)", one.name)])


def _text_files(folder: Path) -> list[Path]:
    entries = visible(folder)
    for entry in entries:
        if entry.is_dir() or is_table(entry):
            found = entry.name + "/" * entry.is_dir()
            raise DataError(
                f"is taken for the folder of a class, which holds text files only; found {found}.", path=folder
            )
    if not entries:
        raise DataError("is taken for the folder of a class, but holds no file. Remove it, or fill it.", path=folder)
    return entries


def _text(file: Path, place: str, bad_rows: BadRows) -> str | None:
    try:
        text = read_whole(file)
    except DataError as error:
        if not bad_rows.skipping:
            raise
        bad_rows.found(place, str(error).removeprefix(f"{file}: "))
        return None
    # The last line end belongs to the file, not to the text.
    return text.removesuffix("\n").removesuffix("\r")
