"""Scripts that write words without spaces between them."""

import re
from collections.abc import Sequence

# Names that the library's regular expressions know, and beside them the marks that Unicode counts to no script although
# Japanese alone writes with them: the two signs for a long vowel and the repeat marks.
WITHOUT_SPACES = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\x{30FC}\x{FF70}\x{3031}-\x{3035}"

# Python's expressions know no scripts: their main blocks, for a character class of `re`.
BLOCKS = (
    "\u0e00-\u0eff"  # Thai, Lao
    "\u1000-\u109f\u1780-\u17ff\uaa60-\uaa7f"  # Myanmar, Khmer
    "\u3005-\u3007\u3031-\u3035\u3041-\u30ff\u31f0-\u31ff\uff66-\uff9f"  # Hiragana, Katakana
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"  # Han
)
_LETTER = re.compile(r"[^\W\d_]")
_LETTER_WITHOUT_SPACES = re.compile(rf"(?:(?![\W\d_])[{BLOCKS}])")

_TEXTS_LOOKED_AT = 1000
_CHARACTERS_LOOKED_AT = 1000


def share_without_spaces(texts: Sequence[str]) -> float:
    """The share of letters that belong to a script without spaces (Chinese, Japanese, Thai, Lao, Khmer, Burmese).

    At most 1,000 texts, evenly spread over all, are looked at, and the first 1,000 characters of each.

    Returns:
        0 to 1; 0 where there are no letters.

    Example:
        >>> share_without_spaces(["电影 a b"])
        0.5
    """
    step = -(-len(texts) // _TEXTS_LOOKED_AT) or 1
    sample = "\n".join(text[:_CHARACTERS_LOOKED_AT] for text in texts[::step])
    letters = len(_LETTER.findall(sample))
    return len(_LETTER_WITHOUT_SPACES.findall(sample)) / letters if letters else 0.0
