"""Splitting of texts into words and symbols from which the text can be restored exactly.

Spacing is part of the pieces. A line is written with "▁" in place of each space, and with one more "▁" at its start, so
that a word is the same piece at the start of a line and after a space: "a man, 42" becomes `▁a ▁man , ▁4 2`. A literal
"▁" is written as a space, which no other character needs. All other characters are written as they are.

The pieces of a text, concatenated, are the written text, however it is divided. Pieces can therefore be divided into
subwords, and joined again, without a record of where the borders were.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache

from syntagma.text.encoder import split_with_progress
from syntagma.text.merges import WORD_START
from syntagma.text.numbering import Numbering
from syntagma.text.ragged import Ragged

NEW_LINE = "\n"

_SWAP_SPACES = str.maketrans({" ": WORD_START, WORD_START: " "})

# Applied to the kinds of characters: (l)etter, (m)ark, (j)oiner, (d)igit, (s)ymbol, _ for a space, and x for other
# white space, "▁" and surrogates, which are always separate. A mark belongs to the character before it. So does a
# joiner, which also holds the parts of an emoji together.
# Digits are separate, because a model generalises from single digits to numbers and dates that it has never seen.
_PIECE = re.compile(r"_?(?:l[lmj]*|d[mj]*|s(?:[mj]|(?<=j)s)*|[mjx])|_")
_JOINERS = "\u200c\u200d"
_KINDS = {"L": "l", "M": "m", "N": "d"}


def split_pieces(text: str) -> list[str]:
    """Split a text into words, digits and symbols, with their spacing.

    A word is a run of letters and the marks on them. Every digit, symbol and character of white space other than the
    space is a piece, and so is a lone surrogate. Nothing is lowercased or normalised. An empty text has no pieces.

    Returns:
        Pieces from which `join_pieces` restores the text exactly, whatever its characters.

    Example:
        >>> split_pieces("Don't  go.")
        ['▁Don', "'", 't', '▁', '▁go', '.']
    """
    return [piece for chunk in split_at_spaces(text) for piece in split_chunk(chunk)]


def join_pieces(pieces: Iterable[str]) -> str:
    """Return the text that consists of the given pieces, or of any strings into which pieces were divided.

    Every sequence of strings can be joined. A "▁" becomes a space, except at the start of a line, where it is dropped.
    It may also be missing there: `["a"]` and `["▁a"]` are joined to the same text.

    Example:
        >>> join_pieces(["▁low", "er", ",", "▁4", "2"])
        'lower, 42'
    """
    lines = "".join(pieces).split(NEW_LINE)
    return NEW_LINE.join([line.removeprefix(WORD_START).translate(_SWAP_SPACES) for line in lines])


def split_at_spaces(text: str) -> list[str]:
    """Split a text at spaces and line breaks into chunks for `split_chunk`. Each line break is a chunk."""
    if NEW_LINE not in text:
        return text.split(" ") if text else []
    chunks = []
    for number, line in enumerate(text.split(NEW_LINE)):
        if number:
            chunks.append(NEW_LINE)
        if line:
            chunks += line.split(" ")
    return chunks


def split_chunk(chunk: str) -> list[str]:
    """Return the pieces of a chunk, which is a line break or the characters between two spaces.

    The first piece starts with "▁". Between two adjacent spaces, the chunk is empty, and its only piece is "▁".
    """
    if chunk.isalpha():  # most chunks, and much faster
        return [WORD_START + chunk]
    if chunk == NEW_LINE:
        return [NEW_LINE]
    written = WORD_START + chunk.translate(_SWAP_SPACES)
    kinds = "_" + "".join(map(_kind_of, chunk))
    return [written[match.start() : match.end()] for match in _PIECE.finditer(kinds)]


def split_many(texts: Sequence[str]) -> tuple[list[str], Ragged]:
    """Split each text as in `split_pieces`, but each distinct chunk only once.

    A progress bar is shown if there are many texts.

    Returns:
        The distinct pieces in the order of their first appearance, and one row per text with the numbers of its pieces:
        `[distinct[number] for number in rows.row(0)]` are the pieces of the first text.
    """
    chunks, pieces = Numbering(), Numbering()
    rows: list[list[int]] = []
    for part in split_with_progress(texts, "Splitting"):
        rows += [chunks.numbers(split_at_spaces(text)) for text in part]
    table = Ragged.from_rows([pieces.numbers(split_chunk(chunk)) for chunk in chunks])
    return list(pieces), table.expand(Ragged.from_rows(rows))


@lru_cache(maxsize=1 << 14)
def _kind_of(character: str) -> str:
    """Return the letter for the kind of a character in `_PIECE`."""
    if character in _JOINERS:
        return "j"
    category = unicodedata.category(character)
    if character.isspace() or character == WORD_START or category == "Cs":
        return "x"
    return _KINDS.get(category[0], "s")
