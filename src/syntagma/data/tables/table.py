"""Rows of labelled text: a table, and a corpus of named tables."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from syntagma.config import nearest
from syntagma.errors import DataError
from syntagma.shapes import AnyArray

# Several labels of one text travel as a tuple. A label is a string when it was read from a file; labels that came
# from Python keep their type.
Labels = list[Any]


@dataclass(frozen=True, repr=False)
class Table:
    """Texts in a fixed order, with whatever else stood in their rows.

    Args:
        texts: The texts, one a row.
        labels: A label a row, or a tuple of labels a row, or `None` for unlabelled text.
        columns: All other columns by name, in the order of the file.
        source: Names the origin in messages (a path).
        lines: The line of each row in its file, counted from 1; `None` where there are no lines.
        text_name: What the column of the texts is called in the file, for writing it again.
        label_name: What the column of the labels is called there.
        header: The names of all columns in the order of the file, where it has names.
        delimiter: What stands between the fields of the file, where it has such a sign.

    Raises:
        DataError: A column is longer or shorter than `texts`.

    Example:
        >>> table = Table(["good", "bad", "fine"], labels=["+", "-", "+"])
        >>> table.select([2, 0]).texts
        ['fine', 'good']
    """

    texts: list[str]
    labels: Labels | None = None
    columns: dict[str, list[Any]] = field(default_factory=dict)
    source: str = "texts"
    lines: list[int] | None = None
    text_name: str = "text"
    label_name: str = "label"
    header: tuple[str, ...] = ()
    delimiter: str | None = None

    def __post_init__(self) -> None:
        for name, values in {"labels": self.labels, "lines": self.lines, **self.columns}.items():
            if values is not None and len(values) != len(self.texts):
                raise DataError(f"{self.source}: {len(self.texts)} texts need as many {name}; got {len(values)}.")

    def __len__(self) -> int:
        return len(self.texts)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.source!r}: {len(self):,} rows)"

    @property
    def is_multilabel(self) -> bool:
        """Whether a text may carry several labels (each is a tuple then)."""
        return self.labels is not None and any(isinstance(label, tuple) for label in self.labels[:1])

    def answers_of(self, row: int) -> tuple[Any, ...]:
        """What a model is to say of a row: its label, or its labels."""
        label = self.labels[row] if self.labels is not None else ()
        return label if isinstance(label, tuple) else (label,)

    def select(self, indices: Sequence[int] | AnyArray) -> "Table":
        """The rows at `indices`, in that order."""
        rows = np.asarray(indices, dtype=np.int64).tolist()
        return replace(
            self,
            texts=[self.texts[row] for row in rows],
            labels=None if self.labels is None else [self.labels[row] for row in rows],
            columns={name: [values[row] for row in rows] for name, values in self.columns.items()},
            lines=None if self.lines is None else [self.lines[row] for row in rows],
        )


@dataclass(frozen=True, repr=False)
class Corpus:
    """Tables by the name of their split: `train`, and perhaps `dev`, `test`, `unsup`.

    Args:
        name: Names the corpus in messages and results.
        splits: The tables by split, in the order in which they are shown.
    """

    name: str
    splits: Mapping[str, Table]

    def __repr__(self) -> str:
        rows = ", ".join(f"{len(table):,} {name}" for name, table in self.splits.items())
        return f"Corpus({self.name!r}: {rows})"

    def __getitem__(self, split: str) -> Table:
        """The table of one split.

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
    def train(self) -> Table:
        """The training rows."""
        return self["train"]
