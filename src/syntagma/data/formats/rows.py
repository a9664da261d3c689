"""What a format's reader finds, and what happens to a row that breaks a rule."""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Any, NamedTuple

from syntagma.data.formats.lines import name_of
from syntagma.errors import DataError
from syntagma.progress import note
from syntagma.wording import listed


class FilePlace(NamedTuple):
    """A line or a row of one of several files, counted from 1."""

    file: str
    number: int
    unit: str

    def __str__(self) -> str:
        name = PurePath(self.file).name
        return f"{name}:{self.number}" if self.unit == "line" else f"{name}, row {self.number}"


Place = int | str | FilePlace  # a line or a row, counted from 1, or the name of a file

_SHOWN_PLACES = 10
_MOST_COLUMNS = 10_000


@dataclass
class RawRows:
    """The columns of a file as they are there, before it is known which role each of them has.

    Args:
        columns: Cells by column name, in the order of the file; the cell of a key that a row lacks is `None`. A cell
            may be a list.
        places: Place of each row: its line, its number, or its file.
        has_header: Whether the column names were read from a first line that might be data.
        delimiter: Text between the fields, if the format has such a sign.
        words: Columns with one value per word of a row, by name, which may be that of a plain column too; `None` if a
            row lacks the column.
        documents: Document of each row, `None` for a row of none; empty if the file knows no documents.
    """

    columns: dict[str, list[Any]] = field(default_factory=dict)
    places: list[Place] = field(default_factory=list)
    has_header: bool = False
    delimiter: str | None = None
    words: dict[str, list[list[str] | None]] = field(default_factory=dict)
    documents: list[Hashable] = field(default_factory=list)

    def add(self, cells: Mapping[str, Any], place: Place) -> None:
        """Add a row; columns that it lacks, and rows that lack its columns, get `None`."""
        self.add_words({}, cells, place)

    def add_words(
        self, words: Mapping[str, list[str]], facts: Mapping[str, Any], place: Place, document: Hashable = None
    ) -> None:
        """Add a row of words: columns with one value per word, facts about the whole row, and its document."""
        tables: Any = ((self.columns, facts), (self.words, words))
        for columns, cells in tables:
            for name in cells:
                if name not in columns:
                    columns[name] = [None] * len(self.places)
            for name, values in columns.items():
                values.append(cells.get(name))
        self.places.append(place)
        self.documents.append(document)


def only_block(blocks: Iterator[RawRows]) -> RawRows:
    """Return all rows of a file that is read in blocks without a limit."""
    (rows,) = blocks
    return rows


def check_width(count: int, path: str | Path, line: int | None = None) -> None:
    """Refuse a table that is wider than any table of texts.

    Raises:
        DataError: There are too many columns.
    """
    if count > _MOST_COLUMNS:
        raise DataError(
            f"a table has at most {_MOST_COLUMNS:,} columns; this one has {count:,}. Keep those of text and label.",
            path=name_of(path),
            line=line,
        )


def number_of(place: Place) -> int:
    """Return the line or row of a place."""
    return place.number if isinstance(place, FilePlace) else int(place)


def files_of(places: Sequence[Place]) -> list[str] | None:
    """Return the file of each place, or `None` if they are in one."""
    files = [place.file for place in places if isinstance(place, FilePlace)]
    return files if files and len(files) == len(places) else None


def error_at(place: Place, source: str, message: str) -> DataError:
    """Return the error of a row at a line."""
    file = place.file if isinstance(place, FilePlace) else source
    return DataError(message, path=file, line=number_of(place))


class BadRows:
    """Collects rows of a file that break a rule: the first is an error, or each is skipped and counted.

    A place counts what `unit` says: "line", "row" or "file".
    """

    def __init__(self, path: str | Path, *, skip: bool, unit: str = "line"):
        self.path = path
        self.unit = unit
        self.skipping = skip
        self._places: list[Place] = []
        self._first: tuple[Place, str] | None = None

    def __len__(self) -> int:
        return len(self._places)

    def within(self, file: Path) -> "BadRows":
        """Return what receives the bad rows of one of several files."""
        return _OfOneFile(self, file)

    def found(self, place: Place, problem: str) -> None:
        """Note one bad row.

        Raises:
            DataError: Bad rows are not to be skipped.
        """
        if not self.skipping:
            raise self._error(place, problem)
        if self._first is None or (isinstance(place, int) and place < number_of(self._first[0])):
            self._first = (place, problem)
        self._places.append(place)

    def report(self) -> None:
        """Print how many rows were skipped, and which."""
        if self._first is None:
            return
        count = len(self._places)
        # Some rules are checked when all rows are read, so that a later line may have been found earlier.
        places = sorted(self._places) if isinstance(self._first[0], int) else self._places
        shown = listed(map(str, places), _SHOWN_PLACES)
        first = f"{self.unit} {self._first[0]}: {self._first[1]}"
        rows, units = ("row", self.unit) if count == 1 else ("rows", f"{self.unit}s")
        note(f"{name_of(self.path)}: skipped {count:,} bad {rows}: {units} {shown} ({first})")

    def _error(self, place: Place, problem: str) -> DataError:
        if isinstance(place, FilePlace):
            return BadRows(place.file, skip=False, unit=place.unit)._error(place.number, problem)
        remedy = "Mend it, or drop such rows with --bad-rows skip (in Python: ReadOptions(bad_rows='skip'))."
        if self.unit == "line":
            return DataError(f"{problem}. {remedy}", path=name_of(self.path), line=int(place))
        return DataError(f"{self.unit} {place}: {problem}. {remedy}", path=name_of(self.path))


class _OfOneFile(BadRows):
    """Bad rows of one of several files, which the one of all of them receives."""

    def __init__(self, whole: BadRows, file: Path):
        super().__init__(file, skip=whole.skipping)
        self._whole = whole

    def found(self, place: Place, problem: str) -> None:
        """Note one bad row; see `BadRows`."""
        super().found(place, problem)
        self._whole.found(FilePlace(str(self.path), number_of(place), self.unit), problem)

    def report(self) -> None:
        """Print nothing, as the one of all files says it."""
