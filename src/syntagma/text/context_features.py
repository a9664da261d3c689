"""Features of words in their sentences, as taggers had them before networks, and their ids."""

from collections.abc import Iterator, Sequence

import numpy as np

from syntagma.shapes import IntArray
from syntagma.text.ragged import Ragged

_AFFIX = 4
# The bias, the word, its shape, and its first and last letters.
_OWN = 3 + 2 * _AFFIX
# Neighbours whose word and shape count.
_STEPS = (-2, -1, 1, 2)
# Features of a word, F.
WIDTH = _OWN + 2 * len(_STEPS)


def features(words: Sequence[str]) -> Iterator[list[str]]:
    """Yield the features of each word of a sentence.

    They are the word in lower case, its shape, its first and last one to four letters, and the word and the shape of
    the two words on either side.

    Example:
        >>> next(features(["Oslo"]))[:4]
        ['bias', 'word=oslo', 'shape=Aa', 'first=o']
    """
    own = [_own(word) for word in words]
    for place in range(len(words)):
        found = list(own[place])
        for step in _STEPS:
            if 0 <= place + step < len(words):
                found += _beside(step, own[place + step])
            elif abs(step) == 1:
                found.append(_edge(step))
        yield found


class ContextFeatures:
    """Ids of features, from 1 on in the order of their names; 0 stands for all others."""

    def __init__(self, names: Sequence[str]):
        self.names = list(names)
        self._id_of_name = {name: number for number, name in enumerate(names, 1)}

    @property
    def size(self) -> int:
        """Number of ids, V."""
        return len(self.names) + 1

    def encode(self, words: Sequence[str], texts: Ragged) -> IntArray:
        """Return the feature ids of each token, int32 (total, F).

        Args:
            words: Different words.
            texts: Texts, as places of their words in `words`.
        """
        found = np.zeros((len(texts.values), WIDTH), np.int32)
        if not len(found):
            return found
        own = [_own(word) for word in words]
        found[:, :_OWN] = self._ids(own, _OWN)[texts.values]
        row = np.repeat(np.arange(texts.rows), texts.lengths)
        for number, step in enumerate(_STEPS):
            columns = slice(_OWN + 2 * number, _OWN + 2 * number + 2)
            other = np.arange(len(row)) + step
            inside = (other >= 0) & (other < len(row))
            inside[inside] = row[other[inside]] == row[inside]
            neighbours = self._ids([_beside(step, one) for one in own], 2)
            found[inside, columns] = neighbours[texts.values[other[inside]]]
            if abs(step) == 1:
                found[~inside, columns.start] = self._id(_edge(step))
        return found

    def _ids(self, rows: Sequence[Sequence[str]], width: int) -> IntArray:
        ids = np.zeros((len(rows), width), np.int32)
        for place, row in enumerate(rows):
            ids[place, : len(row)] = [self._id(name) for name in row]
        return ids

    def _id(self, name: str) -> int:
        return self._id_of_name.get(name, 0)


def shape(word: str) -> str:
    """Return the kinds of characters a word is made of, each run of a kind once.

    Example:
        >>> shape("McDonald's"), shape("2024-11")
        ("AaAa'a", '0-0')
    """
    kinds = ("A" if one.isupper() else "a" if one.isalpha() else "0" if one.isdigit() else one for one in word)
    found = ""
    for kind in kinds:
        if found[-1:] != kind:
            found += kind
    return found


def _own(word: str) -> list[str]:
    lower = word.lower()
    found = ["bias", f"word={lower}", f"shape={shape(word)}"]
    for length in range(1, min(_AFFIX, len(word)) + 1):
        found += [f"first={lower[:length]}", f"last={lower[-length:]}"]
    return found


def _beside(step: int, own: Sequence[str]) -> list[str]:
    return [f"{step:+d}:{name}" for name in own[1:3]]


def _edge(step: int) -> str:
    return f"{step:+d}:none"
