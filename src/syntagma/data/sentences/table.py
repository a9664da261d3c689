"""Tables of tagged words."""

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
    """A table of texts, such as sentences, that are split into words. Each word may have a tag.

    `texts` contains the original texts if they are known, and the words joined by spaces otherwise. `labels` contains
    the labels of whole texts. A column has one value per text, or one list per text with a value for each word. See
    `Table` for the other arguments.

    Args:
        words: Words of each text.
        tags: Tag of each word, as one list per text. `None` for untagged texts.
        offsets: Start and end (exclusive) of each word in its text, in characters.
        scheme: Requested scheme of the tags, or "none" for plain tags. `None` means that the scheme is detected.

    Raises:
        DataError: If the words, tags and offsets of a text differ in number.

    Example:
        >>> table = TaggedTable.from_words([["In", "Rome"], ["Yes"]], [["O", "B-place"], ["O"]])
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
    def from_words(
        cls,
        words: Sequence[Sequence[str]],
        tags: Sequence[Sequence[str]] | None = None,
        labels: Sequence[str] | None = None,
        source: str = "words",
        scheme: str | None = None,
    ) -> Self:
        """Make a table from words, for use when the original texts are not known.

        Each text consists of its words joined by spaces.

        Args:
            words: Words of each text.
            tags: Tag of each word, as one list per text. `None` for untagged texts.
            labels: Label of each text. `None` if the texts have no labels.
            source: Origin of the words, for messages.
            scheme: Requested scheme of the tags, or "none" for plain tags. By default, the scheme is detected.
        """
        return cls(
            texts=[" ".join(row) for row in words],
            labels=None if labels is None else list(labels),
            source=source,
            words=[list(row) for row in words],
            tags=None if tags is None else [list(row) for row in tags],
            offsets=[joined_offsets(row) for row in words],
            scheme=scheme,
        )

    def __post_init__(self) -> None:
        super().__post_init__()
        parts: dict[str, Any] = {"offsets": self.offsets, "tags": self.tags or []}
        for name, rows in parts.items():
            for row, (some, words) in enumerate(zip(rows, self.words, strict=False)):
                if len(some) != len(words):
                    raise DataError(
                        f"{self.place_of(row)}: {len(words)} words need the same number of {name}; got {len(some)}."
                    )

    def targets_of(self, row: int) -> tuple[Any, ...]:
        """Return the targets that a model learns from a row: its labels, if any, and its distinct tags.

        Each tag is returned as a pair ("tag", tag), which distinguishes it from a label of the same name.
        """
        return (*super().targets_of(row), *(("tag", tag) for tag in set(() if self.tags is None else self.tags[row])))

    def character_span(self, row: int, span: Span) -> tuple[int, int]:
        """Return the start and end (exclusive), in characters, of a span of words in the text of a row."""
        return self.offsets[row][span.start][0], self.offsets[row][span.end - 1][1]


def align_words(text: Any, words: list[str]) -> tuple[str, Offsets]:
    """Find the character offsets of words in the text that they come from.

    Args:
        text: Original text. A value that is not a string means that the text is not known.
        words: Words of the text, in order.

    Returns:
        The original text and the offsets of the words, if the text is known and contains all words in order.
        Otherwise, the words joined by spaces, and the offsets in the joined text.
    """
    places, start = [], 0
    for word in words if isinstance(text, str) else ():
        start = text.find(word, start)
        if start < 0:
            break
        places.append((start, start + len(word)))
        start += len(word)
    if isinstance(text, str) and len(places) == len(words):
        return text, places
    return " ".join(words), joined_offsets(words)


def joined_offsets(words: Sequence[str]) -> Offsets:
    """Return the start and end (exclusive) of each word, in characters, when all words are joined by spaces."""
    places, start = [], 0
    for word in words:
        places.append((start, start + len(word)))
        start += len(word) + 1
    return places
