"""The most-frequent-tag baseline: each word gets its most frequent tag in the training data."""

from collections import Counter, defaultdict
from collections.abc import Sequence

Rows = Sequence[Sequence[str]]

TITLE = "most frequent tag of each word"


def most_frequent_tags(words: Rows, tags: Rows, others: Rows) -> list[list[str]]:
    """Tag each word with its most frequent tag in the training sentences.

    An unknown word gets the most frequent tag of the words that occur exactly once in the training sentences. Ties are
    broken alphabetically.

    Args:
        words: Words of each training sentence.
        tags: Gold tags of each training sentence.
        others: Words of each sentence to predict.

    Returns:
        Predicted tags of each sentence in `others`.
    """
    counts_by_word: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for row, marks in zip(words, tags, strict=True):
        for word, tag in zip(row, marks, strict=True):
            counts_by_word[word][tag] += 1
    rare = Counter[str]()
    for counts in counts_by_word.values():
        if counts.total() == 1:
            rare.update(counts)
    unknown = _most_frequent(rare or sum(counts_by_word.values(), Counter()))
    best = {word: _most_frequent(counts) for word, counts in counts_by_word.items()}
    return [[best.get(word, unknown) for word in row] for row in others]


def _most_frequent(counts: Counter[str]) -> str:
    return min(counts, key=lambda tag: (-counts[tag], tag))
