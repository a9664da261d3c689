"""Words and tags that come from Python, and raw texts, as tables."""

from collections.abc import Iterable, Sequence
from typing import Any

from syntagma.data.formats.words import what_is_wrong
from syntagma.data.sentences.table import TaggedTable
from syntagma.data.texts.from_python import as_texts
from syntagma.data.texts.table import TextTable
from syntagma.errors import DataError
from syntagma.text.word_splitter import split_words


def sentences_of(X: Any, y: Any = None) -> TaggedTable:
    """A table of words.

    Args:
        X: A table; lists of words; or texts as people write them, which are cut into words.
        y: A list of tags for each list of words.

    Raises:
        DataError: Something else, or a word that cannot be seen.
    """
    if isinstance(X, TaggedTable):
        if y is not None:
            raise DataError("tags stand in the table already; leave the second argument out.")
        return X.with_iobes()
    if isinstance(X, str):
        raise DataError(
            "one string was given where a list of texts, or of lists of words, is needed; put it into a list."
        )
    rows = X.texts if isinstance(X, TextTable) else X
    listed = _listed(rows, "texts, or lists of words,")
    if y is None and listed and all(isinstance(row, str) for row in listed):
        return of_texts(as_texts(listed))
    words = [_words(row, place) for place, row in enumerate(listed)]
    tags = None if y is None else [_tags(row, place) for place, row in enumerate(_listed(y, "lists of tags"))]
    return TaggedTable.of_words(words, tags).with_iobes()


def of_texts(texts: Sequence[str]) -> TaggedTable:
    """Raw texts, cut into words; a text may have none."""
    cut = [split_words(text) for text in texts]
    return TaggedTable(
        texts=list(texts),
        words=[[word.text for word in words] for words in cut],
        offsets=[[(word.start, word.end) for word in words] for words in cut],
    )


def _listed(rows: Any, what: str) -> list[Any]:
    listed = rows.tolist() if hasattr(rows, "tolist") else rows
    if isinstance(listed, str) or not isinstance(listed, Iterable):
        raise DataError(f"{what} are needed; got {type(rows).__name__}.")
    return list(listed)


def _words(row: Any, place: int) -> list[str]:
    words = row.tolist() if hasattr(row, "tolist") else row
    if isinstance(words, str) or not isinstance(words, Sequence) or not all(isinstance(word, str) for word in words):
        raise DataError(f"row {place + 1}: a list of words is needed; got {row!r:.80}.")
    for word in words:
        if wrong := what_is_wrong(word):
            raise DataError(f"row {place + 1}: {wrong}; mend it or leave it out.")
    return [str(word) for word in words]


def _tags(row: Any, place: int) -> list[str]:
    tags = row.tolist() if hasattr(row, "tolist") else row
    if isinstance(tags, str) or not isinstance(tags, Sequence) or not all(map(_is_tag, tags)):
        raise DataError(f"row {place + 1}: a list of tags is needed, a string for each word; got {row!r:.80}.")
    return [str(tag) for tag in tags]


def _is_tag(tag: Any) -> bool:
    return isinstance(tag, str) and bool(tag.strip())
