"""Base class for tables of texts, sentences or series, and corpora with one table per split."""

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

# A row with several labels has a tuple of labels. Labels read from a file are strings; labels passed from Python keep
# their type.
Labels = list[Any]


# Columns that identify a row in messages; "file" is the column for texts stored in separate files.
_ID_COLUMNS = ("id", "uid", "uuid", "key", "row_id", "text_id", "doc_id", "sent_id", "file")

# Metadata of a field of a table that has one value per row.
PER_ROW = {"per_row": True}


@dataclass(frozen=True, repr=False, kw_only=True)
class Table(ABC):
    """Base class of tables: rows in a fixed order, with labels and other columns.

    Subclasses add the texts, words or series themselves.

    Args:
        labels: Label of each row, or tuple of labels of each row for multilabel data. `None` if rows have no labels.
        columns: All other columns, keyed by name, in the order of the file.
        source: Origin of the rows, such as a path, for use in messages.
        groups: Group of each row, such as the document of a sentence. Rows of the same group stay in one split. The
            entry is `None` for a row without a group. Pass `None` instead of a list if the table has no groups.
        weights: Weight of each row in the loss. `None` weights all rows equally.
        lines: Line or row number of each row in its file, counted from 1. `None` if the numbers are unknown.
        files: File of each row. `None` if all rows come from `source`.
        unit: Unit of `lines`: "line" or "row".
        names: Column names in the file, keyed by role, such as "text" or "label". A role without an entry has a column
            of the same name.
        header: Names of all columns in the order of the file. Empty if the file has no header.
        delimiter: Text between the fields of a line. `None` if the file has no delimiter.

    Raises:
        DataError: If a column, or another argument with one value per row, differs in length from the table.
    """

    # Plural noun for the rows, and role of the column that contains them, for messages.
    ROWS: ClassVar[str] = "rows"
    ROLE: ClassVar[str] = "row"
    # Whether equal rows may occur in different groups by chance, such as a heading that many documents contain.
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
                raise DataError(
                    f"{self.source}: {len(self)} {self.ROWS} need the same number of {name}; got {len(values)}."
                )

    @abstractmethod
    def __len__(self) -> int: ...

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.source!r}: {len(self):,} rows)"

    @property
    @abstractmethod
    def keys(self) -> Sequence[Hashable]:
        """Key of each row, such as its text. Rows with equal keys count as equal."""

    def common_property(self) -> str | None:
        """Return an adjective for error messages, such as "equal", if all rows are alike, and `None` otherwise."""
        return "equal" if len(set(self.keys)) == 1 else None

    @property
    def is_multilabel(self) -> bool:
        """Whether the data is multilabel, which means that every row has a tuple of labels."""
        return self.labels is not None and any(isinstance(label, tuple) for label in self.labels[:1])

    def name_of(self, role: str) -> str:
        """Return the name that the column for a role, such as "text" or "label", has in the file."""
        return self.names.get(role, role)

    def place_of(self, row: int) -> str:
        """Return the location of a row for messages: its file, and its line number or (if unknown) its row number."""
        return self._format_place(self.file_of(row), row)

    def file_of(self, row: int) -> str:
        """Return the file of a row, or the source of the table if `files` is `None`."""
        return self.source if self.files is None else self.files[row]

    def short_place_of(self, row: int) -> str:
        """Return the location of a row like `place_of`, but with only the name of the file instead of its path.

        If the table has an id column, the id of the row is appended.
        """
        place = self._format_place(PurePath(self.file_of(row)).name, row)
        ids = [name for name in self.columns if name.lower() in _ID_COLUMNS]
        # If rows come from several files, the location already contains the file.
        name = next((name for name in ids if self.files is None or name != "file"), None)
        return escape_control(place if name is None else f"{place}, {name} {self.columns[name][row]}")

    def _format_place(self, source: str, row: int) -> str:
        number = row + 1 if self.lines is None else self.lines[row]
        return f"{source}:{number}" if self.lines is not None and self.unit == "line" else f"{source}, row {number}"

    def targets_of(self, row: int) -> tuple[Any, ...]:
        """Return the targets that a model learns from a row: its label or labels."""
        label = self.labels[row] if self.labels is not None else ()
        return label if isinstance(label, tuple) else (label,)

    def select(self, indices: Sequence[int] | AnyArray) -> Self:
        """Return a table of the rows at `indices`, in the order of `indices`."""
        rows = np.asarray(indices, dtype=np.int64).tolist()
        chosen: dict[str, Any] = {
            name: [values[row] for row in rows] for name, values in self._values_per_row().items()
        }
        chosen["columns"] = {name: [values[row] for row in rows] for name, values in self.columns.items()}
        return replace(self, **chosen)

    def blocks(self, most: int) -> Iterator[Self]:
        """Yield the rows in consecutive tables of at most `most` rows."""
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
    """A data set with one table per split. For example, `corpus["dev"]` is the table of the dev (validation) split.

    Args:
        name: Name of the corpus in messages and results.
        splits: Tables, keyed by split name: `train`, and optionally `dev` (validation), `test` and `unsup`
            (unlabelled). Splits are displayed in the order of this mapping.
    """

    name: str
    splits: Mapping[str, Table]

    def __repr__(self) -> str:
        rows = ", ".join(f"{len(table):,} {name}" for name, table in self.splits.items())
        return f"Corpus({self.name!r}: {rows})"

    def __getitem__(self, split: str) -> Any:
        """Return the table of one split.

        Raises:
            DataError: If there is no such split.
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
        """Table of the training split."""
        return self["train"]
