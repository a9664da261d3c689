"""The pieces of a text that a tagger reads one by one."""

import re
from collections.abc import Iterator

import numpy as np

from syntagma.data.sentences.table import Offsets, TaggedTable
from syntagma.shapes import IntArray

# Two line ends with nothing but spaces between them, in the spelling of any system.
_EMPTY_LINE = re.compile(r"(?:\r\n|\r(?!\n)|[\n\u2028\x85])[^\S\n\r\u2028\x85]*[\n\r\u2028\x85]|\u2029")


def starts_of(table: TaggedTable) -> IntArray | None:
    """Return 1 for each word after an empty line and 0 for the others, (total,), or `None` if no text has such a line.

    An empty line ends a paragraph, which is read, and learned from, without a look at the others, so that no span
    reaches over one. The sentences of a paragraph are read together.
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
