"""Words and tags that come from Python, and raw texts, as tables."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from syntagma.data.formats.words import word_problem
from syntagma.data.sentences.spelling import with_spelled_tags
from syntagma.data.sentences.table import Offsets, TaggedTable
from syntagma.data.tables.from_python import values_of
from syntagma.data.texts.from_python import as_texts
from syntagma.data.texts.table import TextTable
from syntagma.errors import DataError
from syntagma.text.word_style import WordStyle

_USUAL = WordStyle()


def sentences_of(X: Any, y: Any = None, scheme: str | None = None, style: WordStyle = _USUAL) -> TaggedTable:
    """Return a table of words: of a table, of lists of words with their tags, or of texts, which are cut into words.

    Tags are read in the scheme that is named, if one is; "none" is for plain tags. The style says how texts are cut.

    Raises:
        DataError: Something else, or a word that cannot be seen.
    """
    if isinstance(X, TaggedTable):
        if y is not None:
            raise DataError("tags stand in the table already; leave the second argument out.")
        return with_spelled_tags(X, scheme)[0]
    if isinstance(X, str):
        raise DataError(
            "one string was given where a list of texts, or of lists of words, is needed; put it into a list."
        )
    rows = X.texts if isinstance(X, TextTable) else X
    if isinstance(X, Mapping) or hasattr(X, "columns"):
        rows = values_of(rows, "texts")  # which refuses mappings, and tables of several columns
    listed = _listed(rows, "texts, or lists of words,")
    if y is None and listed and all(isinstance(row, str) for row in listed):
        return of_texts(as_texts(listed), style)
    words = [_words(row, place) for place, row in enumerate(listed)]
    tags = None if y is None else [_tags(row, place) for place, row in enumerate(_listed(y, "lists of tags"))]
    return with_spelled_tags(TaggedTable.of_words(words, tags), scheme)[0]


def of_texts(texts: Sequence[str], style: WordStyle = _USUAL) -> TaggedTable:
    """Return raw texts, cut into words in a style; a text may have none."""
    cut = [cut_text(text, style) for text in texts]
    return TaggedTable(texts=list(texts), words=[words for words, _ in cut], offsets=[places for _, places in cut])


def cut_text(text: str, style: WordStyle = _USUAL) -> tuple[list[str], Offsets]:
    """Return the words of a text, and their places."""
    words = style.split(text)
    return [word.text for word in words], [(word.start, word.end) for word in words]


def _listed(rows: Any, what: str) -> list[Any]:
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
            raise DataError(f"row {place + 1}: {wrong}; mend it or leave it out.")
    return words


def _tags(row: Any, place: int) -> list[str]:
    tags = _strings(row)
    if tags is None or not all(map(str.strip, tags)):
        raise DataError(f"row {place + 1}: a list of tags is needed, a string for each word; got {row!r:.80}.")
    return tags


def _strings(row: Any) -> list[str] | None:
    """Return the strings of a list, tuple or array; `None` for anything else."""
    values = row.tolist() if hasattr(row, "tolist") else row
    if isinstance(values, str) or not isinstance(values, Sequence):
        return None
    return [str(value) for value in values] if all(isinstance(value, str) for value in values) else None
