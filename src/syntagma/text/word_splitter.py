"""What people type, cut into words, each with its place in the text."""

import unicodedata
from typing import NamedTuple

from tokenizers import Regex, pre_tokenizers

from syntagma.text.pipeline import without_surrogates
from syntagma.text.scripts import WITHOUT_SPACES

_LETTER = rf"[[\p{{L}}\p{{M}}\p{{N}}_]&&[^{WITHOUT_SPACES}]]"
# Signs without width that belong to the word around them: soft hyphen, (non-)joiners, word joiner.
_WITHIN = r"[\x{00AD}\x{200C}\x{200D}\x{2060}]"
# What an emoji goes on with: marks, a skin tone, letters of a flag's tag, or a joiner and the next sign.
_GOES_ON = r"\p{M}|[\x{1F3FB}-\x{1F3FF}\x{E0020}-\x{E007F}]|\x{200D}[^\s\p{C}\p{Z}\p{L}\p{M}\p{N}]"
_ENDING = r"(?:[sS]|[mM]|[dD]|[rR][eE]|[vV][eE]|[lL][lL])(?![\p{L}\p{N}])"
_PATTERN = "|".join(
    [
        r"(?:https?://|www\.)[^\s<>\"]*[^\s<>\".,;:!?)\]}'’]",
        r"[\p{L}\p{N}._%+\-]+@[\p{L}\p{N}\-]+(?:\.[\p{L}\p{N}\-]+)+",
        rf"[@#][\p{{L}}\p{{M}}\p{{N}}_]+(?:{_WITHIN}+[\p{{L}}\p{{M}}\p{{N}}_]+)*",
        r"[:;=][\-']?[)(\]\[DPp/\\|](?![\p{L}\p{N}])|<3",
        r"(?:\p{L}\.){2,}",  # U.S., e.g.
        r"\p{N}+(?:[.,:]\p{N}+)+",
        rf"[{WITHOUT_SPACES}]\p{{M}}*",
        # "don't" is "do" and "n't", "she's" is "she" and "'s", as in the treebanks; "O'Brien" stays one.
        rf"{_LETTER}+?(?=[nN]['’][tT](?!{_LETTER}))|[nN]['’][tT](?!{_LETTER})",
        rf"['’]{_ENDING}",
        rf"{_LETTER}+(?:(?:{_WITHIN}+|['’](?!{_ENDING})){_LETTER}+)*",
        rf"([^\p{{L}}\p{{N}}\s])\1+(?!{_GOES_ON})",  # "...", "!!!"
        r"[\x{1F1E6}-\x{1F1FF}]{2}",  # a flag
        rf"[^\s\p{{Cc}}\p{{Cf}}\p{{Z}}\p{{M}}](?:{_GOES_ON})*",
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
    Dependencies; every character of a script without spaces is one. An emoji is one word with its skin tone and all
    that joiners add to it, and a soft hyphen or joiner between letters does not cut a word. Each visible character is
    in exactly one word.

    >>> [word.text for word in split_words("She isn't in the U.S., is she?")]
    ['She', 'is', "n't", 'in', 'the', 'U.S.', ',', 'is', 'she', '?']
    """
    clean = without_surrogates(text)
    words = (Word(text[start:end], start, end) for _, (start, end) in _SPLITTER.pre_tokenize_str(clean))
    return [word for word in words if is_visible(word.text)]


def is_visible(text: str) -> bool:
    """Whether anything in it can be seen: more than spaces and characters without width."""
    return any(unicodedata.category(character) not in ("Zs", "Zl", "Zp", "Cc", "Cf") for character in text)
