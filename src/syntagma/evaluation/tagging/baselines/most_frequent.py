"""The simplest tagger: the tag that a word had most often."""

from collections import Counter, defaultdict
from collections.abc import Sequence

Rows = Sequence[Sequence[str]]

TITLE = "most frequent tag of each word"


def most_frequent_tags(words: Rows, tags: Rows, others: Rows) -> list[list[str]]:
    """Tags of other sentences by what each word had most often in these.

    A word that these do not have gets the tag that words which they have once had most often. Of equally frequent tags
    it is the first by the alphabet.
    """
    of_word: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for row, marks in zip(words, tags, strict=True):
        for word, tag in zip(row, marks, strict=True):
            of_word[word][tag] += 1
    rare = Counter[str]()
    for counts in of_word.values():
        if counts.total() == 1:
            rare.update(counts)
    unknown = _most(rare or sum(of_word.values(), Counter()))
    best = {word: _most(counts) for word, counts in of_word.items()}
    return [[best.get(word, unknown) for word in row] for row in others]


def _most(counts: Counter[str]) -> str:
    return min(counts, key=lambda tag: (-counts[tag], tag))
