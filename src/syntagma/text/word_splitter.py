"""What people type, cut into words, each with its place in the text."""

import unicodedata
from typing import NamedTuple

from tokenizers import Regex, pre_tokenizers

from syntagma.text.pipeline import without_surrogates
from syntagma.text.scripts import WITHOUT_SPACES

_LETTER = rf"[[\p{{L}}\p{{M}}\p{{N}}_]&&[^{WITHOUT_SPACES}]]"
_ENDING = r"(?:[sS]|[mM]|[dD]|[rR][eE]|[vV][eE]|[lL][lL])(?![\p{L}\p{N}])"
_PATTERN = "|".join(
    [
        r"(?:https?://|www\.)[^\s<>\"]*[^\s<>\".,;:!?)\]}'’]",
        r"[\p{L}\p{N}._%+\-]+@[\p{L}\p{N}\-]+(?:\.[\p{L}\p{N}\-]+)+",
        r"[@#][\p{L}\p{M}\p{N}_]+",
        r"[:;=][\-']?[)(\]\[DPp/\\|](?![\p{L}\p{N}])|<3",
        r"(?:\p{L}\.){2,}",  # U.S., e.g.
        r"\p{N}+(?:[.,:]\p{N}+)+",
        rf"[{WITHOUT_SPACES}]\p{{M}}*",
        # "don't" is "do" and "n't", "she's" is "she" and "'s", as in the treebanks; "O'Brien" stays one.
        rf"{_LETTER}+?(?=[nN]['’][tT](?!{_LETTER}))|[nN]['’][tT](?!{_LETTER})",
        rf"['’]{_ENDING}",
        rf"{_LETTER}+(?:['’](?!{_ENDING}){_LETTER}+)*",
        r"([^\p{L}\p{N}\s])\1+",  # "...", "!!!"
        r"[\x{1F1E6}-\x{1F1FF}]{2}",  # a flag
        r"[^\s\p{Cc}\p{Cf}\p{Z}\p{M}](?:\p{M}|\x{200D}[^\s\p{Cc}\p{Cf}\p{Z}])*",
        r"\p{M}+",
    ]
)
_SPLITTER = pre_tokenizers.Split(Regex(_PATTERN), behavior="removed", invert=True)


class Word(NamedTuple):
    """A word, and where it begins and ends (not included) in the text, in characters."""

    text: str
    start: int
    end: int


def split_words(text: str) -> list[Word]:
    """Cuts a text into words and signs.

    Addresses, @names and #tags stay whole; English endings ("'s", "n't") are words of their own, as in Universal
    Dependencies; every character of a script without spaces is one. Each visible character is in exactly one word.

    >>> [word.text for word in split_words("She isn't in the U.S., is she?")]
    ['She', 'is', "n't", 'in', 'the', 'U.S.', ',', 'is', 'she', '?']
    """
    clean = without_surrogates(text)
    words = (Word(text[start:end], start, end) for _, (start, end) in _SPLITTER.pre_tokenize_str(clean))
    return [word for word in words if is_visible(word.text)]


def is_visible(text: str) -> bool:
    """Whether anything in it can be seen: more than spaces and characters without width."""
    return any(unicodedata.category(character) not in ("Zs", "Zl", "Zp", "Cc", "Cf") for character in text)
