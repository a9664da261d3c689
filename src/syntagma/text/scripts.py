"""Scripts that are written without spaces between words."""

import re
from collections.abc import Sequence

# Content of a character class for the regular expressions of `tokenizers`, which support script names. The marks at the
# end belong to no script in Unicode, although only Japanese uses them: two prolonged sound marks and the repeat marks.
UNSPACED_SCRIPTS = (
    r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
    r"\x{30FC}\x{FF70}\x{3031}-\x{3035}"
)

# Content of a character class for `re`, which does not support script names: the main blocks of the same scripts.
UNSPACED_BLOCKS = (
    "\u0e00-\u0eff"  # Thai, Lao
    "\u1000-\u109f\u1780-\u17ff\uaa60-\uaa7f"  # Myanmar, Khmer
    "\u3005-\u3007\u3031-\u3035\u3041-\u30ff\u31f0-\u31ff\uff66-\uff9f"  # Hiragana, Katakana
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"  # Han
)
_LETTER = re.compile(r"[^\W\d_]")
_UNSPACED_LETTER = re.compile(rf"(?:(?![\W\d_])[{UNSPACED_BLOCKS}])")

_SAMPLED_TEXTS = 1000
_SAMPLED_CHARACTERS = 1000


def share_without_spaces(texts: Sequence[str]) -> float:
    """Return the share of letters that belong to scripts without spaces between words.

    These scripts are Chinese, Japanese, Thai, Lao, Khmer and Burmese. At most 1,000 texts, evenly spaced over `texts`,
    are read, and only the first 1,000 characters of each.

    Returns:
        Share from 0 to 1, or 0 if the texts have no letters.

    Example:
        >>> share_without_spaces(["电影 a b"])
        0.5
    """
    step = -(-len(texts) // _SAMPLED_TEXTS) or 1
    sample = "\n".join(text[:_SAMPLED_CHARACTERS] for text in texts[::step])
    letters = len(_LETTER.findall(sample))
    return len(_UNSPACED_LETTER.findall(sample)) / letters if letters else 0.0
