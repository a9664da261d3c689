"""Reading of several files as the rows of one split."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from syntagma.data.formats.names import format_of
from syntagma.data.formats.rows import BadRows, FilePlace, Place, RawRows
from syntagma.errors import DataError
from syntagma.progress import limit_notes, track

_TABLES = ("csv", "tsv", "parquet")
_SHOWN_NOTES = 5
_SHOWN = 3
_SHOWN_FROM_FILES = 1000


@dataclass(frozen=True)
class ManyFiles:
    """Several files that together form one split.

    Args:
        files: Paths of the files, in order.
        folder: Folder whose files are all combined; `None` if the user listed the files, or if they are numbered parts
            of a split.
    """

    files: tuple[Path, ...]
    folder: Path | None = None

    @property
    def name(self) -> str:
        """Name for messages: the path of the folder, or the paths of the first few files."""
        if self.folder is not None:
            return str(self.folder)
        more = f" and {len(self.files) - _SHOWN:,} more" if len(self.files) > _SHOWN else ""
        return ", ".join(map(str, self.files[:_SHOWN])) + more


def read_many(
    many: ManyFiles, read: Callable[[Path, BadRows], RawRows], bad_rows: BadRows, *, documents: bool = False
) -> RawRows:
    """Read several files and return all their rows, with the file name of each row in the column `file`.

    Args:
        many: Files to read.
        read: Function that reads one file, given its path and the collector of its bad rows.
        bad_rows: Collector of the bad rows of all files.
        documents: Whether each file is a separate document. Ignored if `many.folder` is `None`.

    Raises:
        DataError: If a file violates its format, or a table or CoNLL file has different columns from the first file.
    """
    combined = RawRows()
    first: tuple[Path, RawRows] | None = None
    with limit_notes(_SHOWN_NOTES):
        for file in _track(many.files):
            rows = read(file, bad_rows.for_file(file))
            if not rows.places:
                continue
            if first is None:
                first = file, rows
                combined = replace(combined, has_header=rows.has_header, delimiter=rows.delimiter)
            _check_columns(first, (file, rows))
            _append(combined, rows, file, documents and many.folder is not None)
    return combined


def _track(files: tuple[Path, ...]) -> Iterable[Path]:
    return files if len(files) < _SHOWN_FROM_FILES else track(files, "Reading", unit="files")


def _check_columns(first: tuple[Path, RawRows], other: tuple[Path, RawRows]) -> None:
    """Raise an error if a table or CoNLL file has different columns from the first file."""
    kinds = {format_of(file) for file, _ in (first, other)}
    columns = [set(rows.words if rows.words else rows.columns) for _, rows in (first, other)]
    if columns[0] == columns[1] or not (kinds <= set(_TABLES) or kinds == {"conll"}):
        return
    listed = " and ".join(
        f"{', '.join(sorted(names))} in {file}" for names, file in zip(columns, (first[0], other[0]), strict=True)
    )
    raise DataError(f"the files of one split must have the same columns; got {listed}.", path=other[0])


def _append(combined: RawRows, rows: RawRows, file: Path, is_document: bool) -> None:
    """Append the rows of a file to `combined`, with the file name in the column `file`."""
    before, count = len(combined.places), len(rows.places)
    columns = {"file": [file.name] * count, **rows.columns}
    tables: tuple[tuple[dict[str, Any], dict[str, Any]], ...] = (
        (combined.columns, columns),
        (combined.words, rows.words),
    )
    for own, added in tables:
        for name in dict.fromkeys([*own, *added]):
            if name not in own:
                own[name] = [None] * before
            own[name].extend(added.get(name, [None] * count))
    combined.places.extend(_place(place, file) for place in rows.places)
    inner = rows.documents or [None] * count
    if is_document or any(document is not None for document in inner):
        # Files may use the same document numbers.
        combined.documents.extend(f"{file} {'' if document is None else document}" for document in inner)
    else:
        combined.documents.extend(inner)


def _place(place: Place, file: Path) -> Place:
    unit = "row" if format_of(file) == "parquet" else "line"
    return FilePlace(str(file), place, unit) if isinstance(place, int) else place
