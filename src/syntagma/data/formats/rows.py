"""What a format's reader finds, and what happens to a row that breaks a rule."""

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from syntagma.data.formats.lines import name_of
from syntagma.errors import DataError
from syntagma.progress import note
from syntagma.wording import listed

Place = int | str  # a line or a row, counted from 1, or the name of a file

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

    def found(self, place: Place, problem: str) -> None:
        """Notes one bad row.

        Raises:
            DataError: Bad rows are not to be skipped.
        """
        if not self.skipping:
            raise self._error(place, problem)
        if self._first is None or (isinstance(place, int) and place < int(self._first[0])):
            self._first = (place, problem)
        self._places.append(place)

    def report(self) -> None:
        """Prints how many rows were skipped, and which."""
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
        remedy = "Mend it, or drop such rows with --bad-rows skip (in Python: ReadOptions(bad_rows='skip'))."
        if self.unit == "line":
            return DataError(f"{problem}. {remedy}", path=name_of(self.path), line=int(place))
        return DataError(f"{self.unit} {place}: {problem}. {remedy}", path=name_of(self.path))
