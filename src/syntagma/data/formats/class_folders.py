"""One folder per class: each file in it is one text."""

import re
from pathlib import Path

from syntagma.data.formats.lines import read_whole
from syntagma.data.formats.names import is_table
from syntagma.data.formats.rows import BadRows, Place, RawRows
from syntagma.errors import DataError
from syntagma.progress import quietly, track

UNLABELLED = "unsup"

_SHOWN_FROM_FILES = 20_000


def read_class_folders(folder: Path, classes: list[str], bad_rows: BadRows) -> RawRows:
    """Reads the columns `text`, `label` (the name of the sub-folder) and `file`.

    Args:
        folder: Where the class folders lie.
        classes: Their names.
        bad_rows: Where files go that are no UTF-8 text; a place is a path below `folder`.

    Raises:
        DataError: A class folder holds a further folder, a table or no file, or a file is no UTF-8 text.
    """
    files = [(label, file) for label in classes for file in _text_files(folder / label)]
    columns: dict[str, list[str]] = {"text": [], "label": [], "file": []}
    places: list[Place] = []
    with quietly(len(files) < _SHOWN_FROM_FILES):
        for label, file in track(files, f"Reading {folder}", unit="files"):
            text = _text(file, f"{label}/{file.name}", bad_rows)
            if text is None:
                continue
            for name, value in (("text", text), ("label", label), ("file", file.name)):
                columns[name].append(value)
            places.append(f"{label}/{file.name}")
    return RawRows(dict(columns), places)


def in_natural_order(entries: list[Path]) -> list[Path]:
    """Sorted by name, numbers by their value: `9_1.txt` before `10_1.txt`."""
    return sorted(
        entries, key=lambda entry: [int(p) if p.isdecimal() else p for p in re.split(r"([0-9]+)", entry.name)]
    )


def visible(folder: Path) -> list[Path]:
    """What lies in a folder, without hidden entries, in natural order."""
    return in_natural_order([entry for entry in folder.iterdir() if not entry.name.startswith(".")])


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
