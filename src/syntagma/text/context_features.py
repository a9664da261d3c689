"""Hand-crafted features of words in context, as used by linear taggers, and their ids."""

from collections.abc import Iterator, Sequence

import numpy as np

from syntagma.shapes import IntArray
from syntagma.text.ragged import Ragged

_AFFIX = 4
# Features of the word itself: bias, word, shape, prefixes and suffixes.
_OWN = 3 + 2 * _AFFIX
# Relative positions of the neighbours whose word and shape are features.
_STEPS = (-2, -1, 1, 2)
# Number of features of a word, F.
WIDTH = _OWN + 2 * len(_STEPS)


def extract_features(words: Sequence[str]) -> Iterator[list[str]]:
    """Yield the feature names of each word of a sentence.

    The features are a bias, the lower-cased word, its shape (see `word_shape`), its prefixes and suffixes of one to
    four characters, and the lower-cased form and shape of the two words before it and the two words after it. Two
    further features mark the first and the last word of the sentence.

    Example:
        >>> next(extract_features(["Oslo"]))[:4]
        ['bias', 'word=oslo', 'shape=Aa', 'first=o']
    """
    own = [_word_features(word) for word in words]
    for place in range(len(words)):
        names = list(own[place])
        for step in _STEPS:
            if 0 <= place + step < len(words):
                names += _neighbour_features(step, own[place + step])
            elif abs(step) == 1:
                names.append(_edge_feature(step))
        yield names


class ContextFeatures:
    """A vocabulary that maps the names of context features to ids.

    Ids start at 1, in the order of the names. Id 0 stands for an unknown or missing feature.

    Args:
        names: Distinct feature names, as yielded by `extract_features`.
    """

    def __init__(self, names: Sequence[str]):
        self.names = list(names)
        self._id_of_name = {name: number for number, name in enumerate(names, 1)}

    @property
    def size(self) -> int:
        """Number of feature ids, V, including id 0."""
        return len(self.names) + 1

    def encode(self, words: Sequence[str], texts: Ragged) -> IntArray:
        """Return the F feature ids of each word in the texts.

        Args:
            words: Distinct words of all texts.
            texts: Texts as rows of indices into `words`.

        Returns:
            Feature ids, int32 of shape (total, F), with one row per word over all texts in sequence. The id of an
            unknown or missing feature is 0.
        """
        ids = np.zeros((len(texts.values), WIDTH), np.int32)
        if not len(ids):
            return ids
        own = [_word_features(word) for word in words]
        ids[:, :_OWN] = self._ids(own, _OWN)[texts.values]
        row = np.repeat(np.arange(texts.rows), texts.lengths)
        for number, step in enumerate(_STEPS):
            columns = slice(_OWN + 2 * number, _OWN + 2 * number + 2)
            other = np.arange(len(row)) + step
            inside = (other >= 0) & (other < len(row))
            inside[inside] = row[other[inside]] == row[inside]
            neighbours = self._ids([_neighbour_features(step, one) for one in own], 2)
            ids[inside, columns] = neighbours[texts.values[other[inside]]]
            if abs(step) == 1:
                ids[~inside, columns.start] = self._id(_edge_feature(step))
        return ids

    def _ids(self, rows: Sequence[Sequence[str]], width: int) -> IntArray:
        ids = np.zeros((len(rows), width), np.int32)
        for place, row in enumerate(rows):
            ids[place, : len(row)] = [self._id(name) for name in row]
        return ids

    def _id(self, name: str) -> int:
        return self._id_of_name.get(name, 0)


def word_shape(word: str) -> str:
    """Return the shape of a word: "A" for a run of upper-case letters, "a" for other letters and "0" for digits.

    Other characters are kept, but a run of the same character is reduced to one.

    Example:
        >>> word_shape("McDonald's"), word_shape("2024-11")
        ("AaAa'a", '0-0')
    """
    kinds = ("A" if one.isupper() else "a" if one.isalpha() else "0" if one.isdigit() else one for one in word)
    shape = ""
    for kind in kinds:
        if shape[-1:] != kind:
            shape += kind
    return shape


def _word_features(word: str) -> list[str]:
    lower = word.lower()
    names = ["bias", f"word={lower}", f"shape={word_shape(word)}"]
    for length in range(1, min(_AFFIX, len(word)) + 1):
        names += [f"first={lower[:length]}", f"last={lower[-length:]}"]
    return names


def _neighbour_features(step: int, own: Sequence[str]) -> list[str]:
    return [f"{step:+d}:{name}" for name in own[1:3]]


def _edge_feature(step: int) -> str:
    return f"{step:+d}:none"
