"""Words of a text, as the scores of generated texts count them."""

import re
from collections.abc import Iterable, Sequence

from syntagma.text.scripts import UNSPACED_BLOCKS

_WORD = re.compile(rf"[^\W_{UNSPACED_BLOCKS}]+|(?:(?![\W_])[{UNSPACED_BLOCKS}])")


def split_words(text: str) -> list[str]:
    """Split a text into words in lower case: sequences of letters and digits.

    In scripts without spaces between words, such as Chinese, each letter is a word. Punctuation is left out.

    Example:
        >>> split_words("Don't stop, 2 cats!")
        ['don', 't', 'stop', '2', 'cats']
    """
    return _WORD.findall(text.lower())


def count_new_words(train_sources: Iterable[str], sources: Sequence[str]) -> list[int]:
    """Count the words of each source that occur in no training source."""
    known = {word for source in train_sources for word in split_words(source)}
    return [sum(word not in known for word in split_words(source)) for source in sources]


def repeats(words: Sequence[str], order: int = 3) -> bool:
    """Return whether a sequence of words contains an n-gram of the given order more than once.

    Example:
        >>> repeats("a dog and a dog and a cat".split())
        True
    """
    ngrams = [tuple(words[start : start + order]) for start in range(len(words) - order + 1)]
    return len(set(ngrams)) < len(ngrams)
