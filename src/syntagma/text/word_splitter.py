"""Tokenisation of raw texts into words with their character offsets."""

import unicodedata
from typing import NamedTuple

from tokenizers import Regex, pre_tokenizers

from syntagma.text.pipeline import replace_surrogates
from syntagma.text.scripts import UNSPACED_SCRIPTS

_LETTER = rf"[[\p{{L}}\p{{M}}\p{{N}}_]&&[^{UNSPACED_SCRIPTS}]]"
# Zero-width characters that belong to the word around them: soft hyphen, (non-)joiners, word joiner.
_JOINER = r"[\x{00AD}\x{200C}\x{200D}\x{2060}]"
# Characters that continue an emoji: marks, a skin tone, tag characters of a flag, or a joiner and the next sign.
_CONTINUATION = r"\p{M}|[\x{1F3FB}-\x{1F3FF}\x{E0020}-\x{E007F}]|\x{200D}[^\s\p{C}\p{Z}\p{L}\p{M}\p{N}]"
_ENDING = r"(?:[sS]|[mM]|[dD]|[rR][eE]|[vV][eE]|[lL][lL])(?![\p{L}\p{N}])"
_PATTERN = "|".join(
    [
        r"(?:https?://|www\.)[^\s<>\"]*[^\s<>\".,;:!?)\]}'’]",
        r"[\p{L}\p{N}._%+\-]+@[\p{L}\p{N}\-]+(?:\.[\p{L}\p{N}\-]+)+",
        rf"[@#][\p{{L}}\p{{M}}\p{{N}}_]+(?:{_JOINER}+[\p{{L}}\p{{M}}\p{{N}}_]+)*",
        r"[:;=][\-']?[)(\]\[DPp/\\|](?![\p{L}\p{N}])|<3",
        r"(?:\p{L}\.){2,}",  # U.S., e.g.
        r"\p{N}+(?:[.,:]\p{N}+)+",
        rf"[{UNSPACED_SCRIPTS}]\p{{M}}*",
        # "don't" is "do" and "n't", "she's" is "she" and "'s", as in the treebanks; "O'Brien" stays whole.
        rf"{_LETTER}+?(?=[nN]['’][tT](?!{_LETTER}))|[nN]['’][tT](?!{_LETTER})",
        rf"['’]{_ENDING}",
        rf"{_LETTER}+(?:(?:{_JOINER}+|['’](?!{_ENDING})){_LETTER}+)*",
        rf"([^\p{{L}}\p{{N}}\s])\1+(?!{_CONTINUATION})",  # "...", "!!!"
        r"[\x{1F1E6}-\x{1F1FF}]{2}",  # a flag
        rf"[^\s\p{{Cc}}\p{{Cf}}\p{{Z}}\p{{M}}](?:{_CONTINUATION})*",
        r"\p{M}+",
    ]
)
_SPLITTER = pre_tokenizers.Split(Regex(_PATTERN), behavior="removed", invert=True)


class Word(NamedTuple):
    """A word of a text with its character offsets `start` (included) and `end` (excluded)."""

    text: str
    start: int
    end: int


def split_words(text: str) -> list[Word]:
    """Split a text into words and punctuation marks.

    Web and e-mail addresses, @names and #tags are single words. English clitics ("'s", "n't") are separate words, as in
    Universal Dependencies, and so is every character of a script without spaces. An emoji is a single word, including
    its skin tone and any emoji attached with zero-width joiners. A soft hyphen or joiner between letters does not split
    a word. Each visible character is in exactly one word.

    Example:
        >>> [word.text for word in split_words("She isn't in the U.S., is she?")]
        ['She', 'is', "n't", 'in', 'the', 'U.S.', ',', 'is', 'she', '?']
    """
    clean = replace_surrogates(text)
    words = (Word(text[start:end], start, end) for _, (start, end) in _SPLITTER.pre_tokenize_str(clean))
    return [word for word in words if is_visible(word.text)]


def is_visible(text: str) -> bool:
    """Return whether a text has any visible character. Spaces, control and zero-width characters are not visible."""
    return any(unicodedata.category(character) not in ("Zs", "Zl", "Zp", "Cc", "Cf") for character in text)
