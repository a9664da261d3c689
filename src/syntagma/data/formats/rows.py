"""`RawRows`, the type that the format readers return, and the handling of rows that break a rule."""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Any, NamedTuple

from syntagma.data.formats.lines import name_of
from syntagma.errors import DataError
from syntagma.progress import note_left_out
from syntagma.wording import join_names


class FilePlace(NamedTuple):
    """Location of a row in one of several files.

    Attributes:
        file: Path of the file.
        number: Line or row number, counted from 1.
        unit: Unit that `number` counts: "line" or "row".
    """

    file: str
    number: int
    unit: str

    def __str__(self) -> str:
        name = PurePath(self.file).name
        return f"{name}:{self.number}" if self.unit == "line" else f"{name}, row {self.number}"


Place = int | str | FilePlace  # location of a row: line or row number, counted from 1, or the name of a file

_SHOWN_PLACES = 10
_MOST_COLUMNS = 10_000


@dataclass
class RawRows:
    """Columns of a file as they were read, before roles such as text and label are assigned to the columns.

    Args:
        columns: Cells of each column, keyed by column name, in the order of the file. A cell may be a list, and is
            `None` if the row lacks the column.
        places: Location of each row: its line or row number, or its file.
        has_header: Whether the column names come from the first line of the file. This line could also be data.
        delimiter: Delimiter between the fields, or `None` if the format has no delimiter.
        words: Columns with one value per word, keyed by column name. The cell of a row is a list of these values, or
            `None` if the row lacks the column. `columns` may contain a column of the same name.
        documents: Id of each row's document, or `None` for a row outside any document. The list is empty if the reader
            does not determine documents.
    """

    columns: dict[str, list[Any]] = field(default_factory=dict)
    places: list[Place] = field(default_factory=list)
    has_header: bool = False
    delimiter: str | None = None
    words: dict[str, list[list[str] | None]] = field(default_factory=dict)
    documents: list[Hashable] = field(default_factory=list)

    def add(self, cells: Mapping[str, Any], place: Place) -> None:
        """Append a row. Missing cells of this row, and of earlier rows in new columns, are filled with `None`."""
        self.add_words({}, cells, place)

    def add_words(
        self, words: Mapping[str, list[str]], facts: Mapping[str, Any], place: Place, document: Hashable = None
    ) -> None:
        """Append a row that has a list of words, such as a sentence.

        Args:
            words: List of one value per word for each column, keyed by column name.
            facts: Values for the whole row, keyed by column name.
            place: Location of the row.
            document: Id of the row's document, or `None` if the row is outside any document.
        """
        tables: Any = ((self.columns, facts), (self.words, words))
        for columns, cells in tables:
            for name in cells:
                if name not in columns:
                    columns[name] = [None] * len(self.places)
            for name, values in columns.items():
                values.append(cells.get(name))
        self.places.append(place)
        self.documents.append(document)


def single_block(blocks: Iterator[RawRows]) -> RawRows:
    """Return the only block of a file that was read without a maximum block size."""
    (rows,) = blocks
    return rows


def check_width(count: int, path: str | Path, line: int | None = None) -> None:
    """Check that a table does not have too many columns.

    Raises:
        DataError: If the table has more than 10,000 columns.
    """
    if count > _MOST_COLUMNS:
        raise DataError(
            f"a table may have at most {_MOST_COLUMNS:,} columns; this one has {count:,}. Keep only the columns that "
            "you need, such as text and label.",
            path=name_of(path),
            line=line,
        )


def number_of(place: Place) -> int:
    """Return the line or row number of a location."""
    return place.number if isinstance(place, FilePlace) else int(place)


def files_of(places: Sequence[Place]) -> list[str] | None:
    """Return the file of each location, or `None` if the locations do not name files."""
    files = [place.file for place in places if isinstance(place, FilePlace)]
    return files if files and len(files) == len(places) else None


def error_at(place: Place, source: str, message: str) -> DataError:
    """Return an error about the row at `place`. If `place` does not name a file, the row is in the file `source`."""
    file = place.file if isinstance(place, FilePlace) else source
    return DataError(message, path=file, line=number_of(place))


class BadRows:
    """Collector of rows that break a rule. Either the first bad row raises an error, or all are skipped and counted.

    Args:
        path: Path of the file, for messages.
        skip: Whether to skip and count bad rows instead of raising an error.
        unit: Unit of the locations of rows: "line", "row" or "file".
    """

    def __init__(self, path: str | Path, *, skip: bool, unit: str = "line"):
        self.path = path
        self.unit = unit
        self.skipping = skip
        self._places: list[Place] = []
        self._first: tuple[Place, str] | None = None

    def __len__(self) -> int:
        return len(self._places)

    def for_file(self, file: Path) -> "BadRows":
        """Return a collector for one of several files. Its bad rows are also added to the current collector."""
        return _FileBadRows(self, file)

    def add(self, place: Place, problem: str) -> None:
        """Record one bad row.

        Args:
            place: Location of the row.
            problem: Rule that the row breaks, without a final full stop.

        Raises:
            DataError: If bad rows are not skipped.
        """
        if not self.skipping:
            raise self._error(place, problem)
        if self._first is None or (isinstance(place, int) and place < number_of(self._first[0])):
            self._first = (place, problem)
        self._places.append(place)

    def report(self) -> None:
        """Print a note with the number and the locations of the skipped rows, if there are any."""
        if self._first is None:
            return
        count = len(self._places)
        # Some rules are checked after all rows have been read, so the locations are not always in order.
        places = sorted(self._places) if isinstance(self._first[0], int) else self._places
        shown = join_names(map(str, places), _SHOWN_PLACES)
        if count == 1:
            note_left_out(f"{name_of(self.path)}: skipped 1 bad row: {self.unit} {shown} ({self._first[1]})")
            return
        first = f"{self.unit} {self._first[0]}: {self._first[1]}"
        note_left_out(f"{name_of(self.path)}: skipped {count:,} bad rows: {self.unit}s {shown} ({first})")

    def _error(self, place: Place, problem: str) -> DataError:
        if isinstance(place, FilePlace):
            return BadRows(place.file, skip=False, unit=place.unit)._error(place.number, problem)
        remedy = "Correct it, or skip such rows with --bad-rows skip (in Python: ReadOptions(bad_rows='skip'))."
        if self.unit == "line":
            return DataError(f"{problem}. {remedy}", path=name_of(self.path), line=int(place))
        return DataError(f"{self.unit} {place}: {problem}. {remedy}", path=name_of(self.path))


class _FileBadRows(BadRows):
    """Collector of the bad rows of one file. Each bad row is also added to the collector for all files."""

    def __init__(self, whole: BadRows, file: Path):
        super().__init__(file, skip=whole.skipping)
        self._whole = whole

    def add(self, place: Place, problem: str) -> None:
        """Record one bad row here and in the collector for all files."""
        super().add(place, problem)
        self._whole.add(FilePlace(str(self.path), number_of(place), self.unit), problem)

    def report(self) -> None:
        """Print nothing, because the collector for all files reports the rows."""
