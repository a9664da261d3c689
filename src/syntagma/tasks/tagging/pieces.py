"""Detection of the paragraphs of a text. A tagger reads each paragraph separately."""

import re
from collections.abc import Iterator

import numpy as np

from syntagma.data.sentences.table import Offsets, TaggedTable
from syntagma.shapes import IntArray

# Two line breaks of any operating system with nothing but whitespace between them.
_EMPTY_LINE = re.compile(r"(?:\r\n|\r(?!\n)|[\n\u2028\x85])[^\S\n\r\u2028\x85]*[\n\r\u2028\x85]|\u2029")


def paragraph_starts(table: TaggedTable) -> IntArray | None:
    """Return which words start a new paragraph because they follow an empty line.

    Paragraphs are read separately in training and prediction, so no span extends over an empty line. The sentences of a
    paragraph are read together.

    Args:
        table: Texts with their words.

    Returns:
        An int32 array of shape (total words,), 1 for the first word after an empty line and 0 for all other words, or
        `None` if no text has an empty line.
    """
    if not any(map(_EMPTY_LINE.search, table.texts)):
        return None
    starts = [one for text, places in zip(table.texts, table.offsets, strict=True) for one in _starts(text, places)]
    return np.array(starts, np.int32)


def _starts(text: str, places: Offsets) -> Iterator[bool]:
    before = 0
    for start, end in places:
        yield before > 0 and bool(_EMPTY_LINE.search(text, before, start))
        before = end
