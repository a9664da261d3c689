"""Words back into a text as people write it."""

import re
from collections.abc import Sequence

from syntagma.text.scripts import BLOCKS

_NO_SPACE_BEFORE = re.compile(r"[.,;:!?…%)\]}’”»。，、；：？！）」』]+|n['’]t|['’](?:s|m|d|re|ve|ll)", re.IGNORECASE)
_NO_SPACE_AFTER = re.compile(r"[(\[{“«¿¡$£€#（「『]+")
_WITHOUT_SPACES = re.compile(rf"[{BLOCKS}]")


def join_words(words: Sequence[str]) -> tuple[str, list[tuple[int, int]]]:
    """Return the text of words, and where each of them begins and ends (not included) in it.

    Spaces are left out before closing signs and English endings, after opening signs, inside straight quotes, and
    between characters of scripts without spaces.

    Example:
        >>> join_words(["Yes", ",", "(", "they", "do", "n't", ")", "."])[0] == "Yes, (they don't)."
        True
    """
    text, places = "", []
    within_quotes = False
    glue = True
    for word in words:
        closes = word == '"' and within_quotes
        if not (glue or closes or _NO_SPACE_BEFORE.fullmatch(word) or _are_unspaced(text[-1:], word[:1])):
            text += " "
        places.append((len(text), len(text) + len(word)))
        text += word
        if word == '"':
            within_quotes = not within_quotes
        glue = bool(_NO_SPACE_AFTER.fullmatch(word)) or (word == '"' and within_quotes)
    return text, places


def _are_unspaced(before: str, after: str) -> bool:
    return bool(_WITHOUT_SPACES.match(before) and _WITHOUT_SPACES.match(after))
