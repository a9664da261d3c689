"""Rows in a fixed order, whatever they are of: a table, and a corpus of named tables."""

from abc import ABC, abstractmethod
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import PurePath
from typing import Any, ClassVar, Self

import numpy as np

from syntagma.config import nearest
from syntagma.errors import DataError
from syntagma.shapes import AnyArray
from syntagma.wording import escape_control

# Several labels of one row travel as a tuple. A label is a string when it was read from a file; labels that came
# from Python keep their type.
Labels = list[Any]


# Columns that name a row; "file" is that of a text that is a file of its own.
_ID_COLUMNS = ("id", "uid", "uuid", "key", "row_id", "text_id", "doc_id", "sent_id", "file")

# Metadata of a field of a table that has one value per row.
PER_ROW = {"per_row": True}


@dataclass(frozen=True, repr=False, kw_only=True)
class Table(ABC):
    """Rows in a fixed order, with whatever else was in them; a subclass per shape of rows adds what they are of.

    Args:
        labels: One label per row, or a tuple of labels per row, or `None` for rows without labels.
        columns: All other columns by name, in the order of the file.
        source: Origin of the rows, for messages (a path).
        groups: Group of each row, such as the document that a sentence is of, or `None` for rows of no group. Rows of
            one group stay in one split. `None` if nothing is known of groups.
        weights: Weight of each row in the loss, or `None` for equal ones.
        lines: Line of each row in its file, or its number there, counted from 1; `None` if neither is known.
        files: File of each row, if they are in several.
        unit: What `lines` counts, "line" or "row".
        names: Name in the file of the column of each role; a role that is missing has its own name.
        header: Names of all columns in the order of the file, if it has names.
        delimiter: Text between the fields of the file, if it has such a sign.

    Raises:
        DataError: A column is longer or shorter than the table.
    """

    # What the rows are, in the plural, and the role of the column that holds them, for messages.
    ROWS: ClassVar[str] = "rows"
    ROLE: ClassVar[str] = "row"
    # Whether equal rows in different groups say nothing, as a heading that many documents have.
    RECURS: ClassVar[bool] = False

    labels: Labels | None = field(default=None, metadata=PER_ROW)
    columns: dict[str, list[Any]] = field(default_factory=dict)
    source: str = "rows"
    groups: list[Hashable] | None = field(default=None, metadata=PER_ROW)
    weights: list[float] | None = field(default=None, metadata=PER_ROW)
    lines: list[int] | None = field(default=None, metadata=PER_ROW)
    files: list[str] | None = field(default=None, metadata=PER_ROW)
    unit: str = "line"
    names: Mapping[str, str] = field(default_factory=dict)
    header: tuple[str, ...] = ()
    delimiter: str | None = None

    def __post_init__(self) -> None:
        for name, values in {**self._values_per_row(), **self.columns}.items():
            if len(values) != len(self):
                raise DataError(f"{self.source}: {len(self)} {self.ROWS} need as many {name}; got {len(values)}.")

    @abstractmethod
    def __len__(self) -> int: ...

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.source!r}: {len(self):,} rows)"

    @property
    @abstractmethod
    def keys(self) -> Sequence[Hashable]:
        """What makes two rows equal: a value per row."""

    def why_alike(self) -> str | None:
        """Return how all rows are alike ("equal"), or `None` if they differ."""
        return "equal" if len(set(self.keys)) == 1 else None

    @property
    def is_multilabel(self) -> bool:
        """Whether a row may carry several labels (each is a tuple then)."""
        return self.labels is not None and any(isinstance(label, tuple) for label in self.labels[:1])

    def name_of(self, role: str) -> str:
        """Return the name of the column of a role in the file."""
        return self.names.get(role, role)

    def place_of(self, row: int) -> str:
        """Return how messages name a row: by its line if it has one, else by its number."""
        return self._placed(self.file_of(row), row)

    def file_of(self, row: int) -> str:
        """Return the file of a row, or the source of all rows."""
        return self.source if self.files is None else self.files[row]

    def short_place_of(self, row: int) -> str:
        """Return the same without the folders of the file, and with the row's id if there is a column of ids."""
        place = self._placed(PurePath(self.file_of(row)).name, row)
        ids = [name for name in self.columns if name.lower() in _ID_COLUMNS]
        # The place has the file already, if rows are in several.
        name = next((name for name in ids if self.files is None or name != "file"), None)
        return escape_control(place if name is None else f"{place}, {name} {self.columns[name][row]}")

    def _placed(self, source: str, row: int) -> str:
        number = row + 1 if self.lines is None else self.lines[row]
        return f"{source}:{number}" if self.lines is not None and self.unit == "line" else f"{source}, row {number}"

    def answers_of(self, row: int) -> tuple[Any, ...]:
        """Return what a model is to say of a row: its label, or its labels."""
        label = self.labels[row] if self.labels is not None else ()
        return label if isinstance(label, tuple) else (label,)

    def select(self, indices: Sequence[int] | AnyArray) -> Self:
        """Return the rows at `indices`, in that order."""
        rows = np.asarray(indices, dtype=np.int64).tolist()
        chosen: dict[str, Any] = {
            name: [values[row] for row in rows] for name, values in self._values_per_row().items()
        }
        chosen["columns"] = {name: [values[row] for row in rows] for name, values in self.columns.items()}
        return replace(self, **chosen)

    def blocks(self, most: int) -> Iterator[Self]:
        """Yield the rows in blocks of at most `most`."""
        if len(self) <= most:
            yield self
            return
        for start in range(0, len(self), most):
            yield self.select(range(start, min(start + most, len(self))))

    def _values_per_row(self) -> dict[str, list[Any]]:
        declared = [one.name for one in fields(self) if one.metadata.get("per_row")]
        return {name: values for name in declared if (values := getattr(self, name)) is not None}


@dataclass(frozen=True, repr=False)
class Corpus:
    """Tables by the name of their split: `train`, and perhaps `dev`, `test`, `unsup`.

    Args:
        name: Name of the corpus in messages and results.
        splits: The tables by split, in the order in which they are shown.
    """

    name: str
    splits: Mapping[str, Table]

    def __repr__(self) -> str:
        rows = ", ".join(f"{len(table):,} {name}" for name, table in self.splits.items())
        return f"Corpus({self.name!r}: {rows})"

    def __getitem__(self, split: str) -> Any:
        """Return the table of one split.

        Raises:
            DataError: There is no such split.
        """
        if split not in self.splits:
            raise DataError(f"corpus {self.name!r} has no split {split!r}: {nearest(split, self.splits)}")
        return self.splits[split]

    def __contains__(self, split: object) -> bool:
        return split in self.splits

    def __iter__(self) -> Iterator[str]:
        return iter(self.splits)

    @property
    def train(self) -> Any:
        """The training rows."""
        return self["train"]
