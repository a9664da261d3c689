"""Rows of tagged words."""

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass, field
from typing import Any, ClassVar, Self

from syntagma.data.tables.table import PER_ROW
from syntagma.data.texts.table import TextTable
from syntagma.errors import DataError
from syntagma.text.spans import Span

Offsets = list[tuple[int, int]]


@dataclass(frozen=True, repr=False)
class TaggedTable(TextTable):
    """A table whose texts are cut into words, each of which may have a tag.

    `texts` holds the texts as they were written, or the words joined by spaces; `labels`, if there are any, the label
    of each whole text; a column may have one value per word.

    Args:
        words: Words of each text.
        tags: A tag for each word, or `None` for text without tags.
        offsets: Where each word begins and ends (not included) in its text.
        scheme: Scheme of the tags if somebody named it, "none" for plain tags; `None` if the tags tell.

    Raises:
        DataError: Words, tags and offsets of different numbers.

    Example:
        >>> table = TaggedTable.of_words([["In", "Rome"], ["Yes"]], [["O", "B-place"], ["O"]])
        >>> table.select([1]).tags
        [['O']]
    """

    RECURS: ClassVar[bool] = True

    _: KW_ONLY
    words: list[list[str]] = field(metadata=PER_ROW)
    tags: list[list[str]] | None = field(default=None, metadata=PER_ROW)
    offsets: list[Offsets] = field(metadata=PER_ROW)
    scheme: str | None = None

    @classmethod
    def of_words(
        cls,
        words: Sequence[Sequence[str]],
        tags: Sequence[Sequence[str]] | None = None,
        labels: Sequence[str] | None = None,
        source: str = "words",
        scheme: str | None = None,
    ) -> Self:
        """Return a table of words of which no text is known."""
        return cls(
            texts=[" ".join(row) for row in words],
            labels=None if labels is None else list(labels),
            source=source,
            words=[list(row) for row in words],
            tags=None if tags is None else [list(row) for row in tags],
            offsets=[offsets_of(row) for row in words],
            scheme=scheme,
        )

    def __post_init__(self) -> None:
        super().__post_init__()
        parts: dict[str, Any] = {"offsets": self.offsets, "tags": self.tags or []}
        for name, rows in parts.items():
            for row, (some, words) in enumerate(zip(rows, self.words, strict=False)):
                if len(some) != len(words):
                    raise DataError(
                        f"{self.place_of(row)}: a text of {len(words)} words needs as many {name}; got {len(some)}."
                    )

    def answers_of(self, row: int) -> tuple[Any, ...]:
        """Return its label, if there is one, and its tags, as pairs, so that none is taken for a label of its name."""
        return (*super().answers_of(row), *(("tag", tag) for tag in set(() if self.tags is None else self.tags[row])))

    def characters_of(self, row: int, span: Span) -> tuple[int, int]:
        """Return where a span of words begins and ends (not included) in its text, in characters."""
        return self.offsets[row][span.start][0], self.offsets[row][span.end - 1][1]


def text_and_places(text: Any, words: list[str]) -> tuple[str, Offsets]:
    """Return a text as it was written, if the words are found in it one after the other, else the words joined."""
    places, start = [], 0
    for word in words if isinstance(text, str) else ():
        start = text.find(word, start)
        if start < 0:
            break
        places.append((start, start + len(word)))
        start += len(word)
    if isinstance(text, str) and len(places) == len(words):
        return text, places
    return " ".join(words), offsets_of(words)


def offsets_of(words: Sequence[str]) -> Offsets:
    """Return the places of words that are joined by single spaces."""
    places, start = [], 0
    for word in words:
        places.append((start, start + len(word)))
        start += len(word) + 1
    return places
