"""Construction of tables of tagged words from words, tags and raw texts that are passed in Python."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from syntagma.data.formats.words import word_problem
from syntagma.data.sentences.spelling import normalise_tags
from syntagma.data.sentences.table import Offsets, TaggedTable
from syntagma.data.tables.from_python import list_values
from syntagma.data.texts.from_python import as_texts
from syntagma.data.texts.table import TextTable
from syntagma.errors import DataError
from syntagma.text.word_style import WordStyle

_USUAL = WordStyle()


def to_tagged_table(X: Any, y: Any = None, scheme: str | None = None, style: WordStyle = _USUAL) -> TaggedTable:
    """Convert words and tags to a table, and normalise the tags with `normalise_tags`.

    Args:
        X: Table of tagged words, one list of words per sentence, or raw texts. Raw texts are split into words.
        y: One list of tags per sentence. `None` for untagged sentences, and if `X` is a `TaggedTable`, which contains
            its own tags.
        scheme: Scheme of the tags, or "none" for plain tags. By default, the scheme is detected.
        style: Rules for splitting raw texts into words.

    Raises:
        DataError: If the input has the wrong type, if tags are passed for raw texts or in addition to a `TaggedTable`,
            if a word is empty or contains a tab or line break, or if words and tags differ in number.
    """
    if isinstance(X, TaggedTable):
        if y is not None:
            raise DataError("the table already contains tags; leave out the second argument.")
        return normalise_tags(X, scheme)[0]
    if isinstance(X, str):
        raise DataError(
            "one string was given where a list of texts, or of lists of words, is needed; put it in a list."
        )
    rows = X.texts if isinstance(X, TextTable) else X
    if isinstance(X, Mapping) or hasattr(X, "columns"):
        rows = list_values(rows, "texts")  # raises for mappings, and for tables with several columns
    inputs = _to_list(rows, "texts, or lists of words,")
    if y is None and inputs and all(isinstance(row, str) for row in inputs):
        return table_from_texts(as_texts(inputs), style)
    words = [_words(row, place) for place, row in enumerate(inputs)]
    tags = None if y is None else [_tags(row, place) for place, row in enumerate(_to_list(y, "lists of tags"))]
    return normalise_tags(TaggedTable.from_words(words, tags), scheme)[0]


def table_from_texts(texts: Sequence[str], style: WordStyle = _USUAL) -> TaggedTable:
    """Split raw texts into words, and return a table of the untagged words. A text may have no words."""
    pairs = [split_text(text, style) for text in texts]
    return TaggedTable(texts=list(texts), words=[words for words, _ in pairs], offsets=[places for _, places in pairs])


def split_text(text: str, style: WordStyle = _USUAL) -> tuple[list[str], Offsets]:
    """Split a text into words. Return the words, and the start and end (exclusive) of each word in characters."""
    words = style.split(text)
    return [word.text for word in words], [(word.start, word.end) for word in words]


def _to_list(rows: Any, what: str) -> list[Any]:
    listed = rows.tolist() if hasattr(rows, "tolist") else rows
    if isinstance(listed, str) or not isinstance(listed, Iterable):
        raise DataError(f"{what} are needed; got {type(rows).__name__}.")
    return list(listed)


def _words(row: Any, place: int) -> list[str]:
    words = _strings(row)
    if words is None:
        raise DataError(f"row {place + 1}: a list of words is needed; got {row!r:.80}.")
    for word in words:
        if wrong := word_problem(word):
            raise DataError(f"row {place + 1}: {wrong}; correct it or leave it out.")
    return words


def _tags(row: Any, place: int) -> list[str]:
    tags = _strings(row)
    if tags is None or not all(map(str.strip, tags)):
        raise DataError(f"row {place + 1}: a list of tags is needed, one string per word; got {row!r:.80}.")
    return tags


def _strings(row: Any) -> list[str] | None:
    """Return a sequence or array of strings as a list, or `None` if `row` is anything else."""
    values = row.tolist() if hasattr(row, "tolist") else row
    if isinstance(values, str) or not isinstance(values, Sequence):
        return None
    return [str(value) for value in values] if all(isinstance(value, str) for value in values) else None
