"""Detokenisation, which joins words into a text with natural spacing."""

import re
from collections.abc import Sequence

from syntagma.text.scripts import UNSPACED_BLOCKS

_NO_SPACE_BEFORE = re.compile(r"[.,;:!?…%)\]}’”»。，、；：？！）」』]+|n['’]t|['’](?:s|m|d|re|ve|ll)", re.IGNORECASE)
_NO_SPACE_AFTER = re.compile(r"[(\[{“«¿¡$£€#（「『]+")
_UNSPACED = re.compile(rf"[{UNSPACED_BLOCKS}]")


def join_words(words: Sequence[str]) -> tuple[str, list[tuple[int, int]]]:
    """Join words into a text with natural spacing.

    Spaces are omitted before closing punctuation and English clitics ("n't", "'s"), after opening punctuation and
    currency signs, just inside straight quotes, and between characters of scripts without spaces.

    Returns:
        The text, and the character offsets (start, end) of each word in the text, with `end` excluded.

    Example:
        >>> join_words(["Yes", ",", "(", "they", "do", "n't", ")", "."])[0] == "Yes, (they don't)."
        True
    """
    text, offsets = "", []
    in_quotes = False
    omit_space = True
    for word in words:
        closes = word == '"' and in_quotes
        if not (omit_space or closes or _NO_SPACE_BEFORE.fullmatch(word) or _are_unspaced(text[-1:], word[:1])):
            text += " "
        offsets.append((len(text), len(text) + len(word)))
        text += word
        if word == '"':
            in_quotes = not in_quotes
        omit_space = bool(_NO_SPACE_AFTER.fullmatch(word)) or (word == '"' and in_quotes)
    return text, offsets


def _are_unspaced(before: str, after: str) -> bool:
    return bool(_UNSPACED.match(before) and _UNSPACED.match(after))
