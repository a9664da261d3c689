"""Rows of tagged words."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np

from syntagma.data.tables.table import Table
from syntagma.errors import DataError
from syntagma.shapes import AnyArray
from syntagma.text.spans import Span, of_bilou

Offsets = list[tuple[int, int]]


@dataclass(frozen=True, repr=False)
class TaggedTable(Table):
    """A table whose texts are cut into words, each of which may have a tag.

    `texts` holds the texts as they were written, or the words joined by spaces; `labels`, where there are any, the
    label of each whole text; a column may have one value a word.

    Args:
        words: The words of each text.
        tags: A tag for each word, or `None` for text without tags.
        offsets: Where each word begins and ends (not included) in its text; made from the words where it is left out.
        tag_name: What the column of the tags is called in the file.

    Raises:
        DataError: Words, tags and offsets of different numbers.

    Example:
        >>> table = TaggedTable.of_words([["In", "Rome"], ["Yes"]], [["O", "B-place"], ["O"]])
        >>> table.select([1]).tags
        [['O']]
    """

    words: list[list[str]] = field(default_factory=list)
    tags: list[list[str]] | None = None
    offsets: list[Offsets] = field(default_factory=list)
    tag_name: str = "tag"

    @classmethod
    def of_words(
        cls,
        words: Sequence[Sequence[str]],
        tags: Sequence[Sequence[str]] | None = None,
        labels: Sequence[str] | None = None,
        source: str = "words",
    ) -> Self:
        """A table of words that no text is known of."""
        return cls(
            texts=[" ".join(row) for row in words],
            labels=None if labels is None else list(labels),
            source=source,
            words=[list(row) for row in words],
            tags=None if tags is None else [list(row) for row in tags],
            offsets=[offsets_of(row) for row in words],
        )

    def __post_init__(self) -> None:
        super().__post_init__()
        parts: dict[str, Any] = {"words": self.words, "offsets": self.offsets, "tags": self.tags}
        for name, rows in parts.items():
            if rows is None:
                continue
            if len(rows) != len(self.texts):
                raise DataError(f"{self.source}: {len(self.texts)} texts need as many rows of {name}; got {len(rows)}.")
            for row, (some, words) in enumerate(zip(rows, self.words, strict=True)):
                if len(some) != len(words):
                    raise DataError(
                        f"{self.place_of(row)}: a text of {len(words)} words needs as many {name}; got {len(some)}."
                    )

    def place_of(self, row: int) -> str:
        """How messages name a row: by its line where it has one."""
        return f"{self.source}:{self.lines[row]}" if self.lines is not None else f"{self.source}, row {row + 1}"

    def select(self, indices: Sequence[int] | AnyArray) -> "TaggedTable":
        """The rows at `indices`, in that order."""
        rows = np.asarray(indices, dtype=np.int64).tolist()
        # Of the base first: with words of all rows it would not pass its own check.
        plain = Table(
            self.texts, self.labels, self.columns, self.source, self.lines, self.text_name, self.label_name
        ).select(rows)
        return replace(
            self,
            texts=plain.texts,
            labels=plain.labels,
            columns=plain.columns,
            lines=plain.lines,
            words=[self.words[row] for row in rows],
            tags=None if self.tags is None else [self.tags[row] for row in rows],
            offsets=[self.offsets[row] for row in rows],
        )

    def answers_of(self, row: int) -> tuple[Any, ...]:
        """Its label, where there is one, and its tags, as pairs, so that none is taken for a label of its name."""
        return (*super().answers_of(row), *(("tag", tag) for tag in set(() if self.tags is None else self.tags[row])))

    def with_iobes(self) -> "TaggedTable":
        """BILOU tags as IOBES; any others as they are."""
        unified = None if self.tags is None else of_bilou(self.tags)
        return self if unified is None else replace(self, tags=unified)

    def characters_of(self, row: int, span: Span) -> tuple[int, int]:
        """Where a span of words begins and ends (not included) in its text, in characters."""
        return self.offsets[row][span.start][0], self.offsets[row][span.end - 1][1]


def offsets_of(words: Sequence[str]) -> Offsets:
    """The places of words that are joined by single spaces."""
    places, start = [], 0
    for word in words:
        places.append((start, start + len(word)))
        start += len(word) + 1
    return places
