"""Pretrained word vectors for the words of a vocabulary."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from syntagma.progress import Progress
from syntagma.shapes import BoolArray, FloatArray
from syntagma.text.vector_files import VectorFile, VectorRow, open_vectors

# A smaller file is read before a progress bar would appear.
_BYTES_WORTH_A_BAR = 10_000_000
_ROWS_A_STEP = 10_000


class WordVectors(NamedTuple):
    """Pretrained vectors of V requested words, and whether each word has one.

    Attributes:
        matrix: One vector per word, float32 of shape (V, D). The vector of a word that is not in the file is zero.
        found: Whether each word is in the file, boolean of shape (V,).
    """

    matrix: FloatArray
    found: BoolArray

    @property
    def coverage(self) -> float:
        """Share of the requested words that are in the file, from 0 to 1, or 0 if no words were requested."""
        return float(self.found.mean()) if len(self.found) else 0.0


def read_vectors(path: str | Path, words: Sequence[str]) -> WordVectors:
    """Read the vectors of the requested words from a file.

    A word that is not in the file is looked up again in lower case. If the file has several rows for a word, the first
    row is used.

    Args:
        path: File in GloVe text, word2vec text or binary, or fastText `.vec` format, optionally `.gz`. The format is
            recognised from the content.
        words: V requested words, in the order of the vectors in the result.

    Raises:
        DataError: If the file cannot be read, fits no format or is truncated, a row has the wrong number of columns,
            or the row of a requested word has a value that is not a finite number. Values in other rows are not
            checked.
    """
    with open_vectors(path) as file:
        matrix = np.zeros((len(words), file.dimension), dtype=np.float32)
        exact, lowered = np.zeros(len(words), dtype=np.bool_), np.zeros(len(words), dtype=np.bool_)
        wanted, wanted_lowered = _index_words(words)
        for row in _track_rows(file):
            # The first row of a word is kept, but an exact match replaces a lower-cased one.
            targets = [index for index in wanted.get(row.word, ()) if not exact[index]]
            substitutes = [i for i in wanted_lowered.get(row.word, ()) if not (exact[i] or lowered[i])]
            if targets or substitutes:
                matrix[targets + substitutes] = file.read_numbers(row)
                exact[targets], lowered[substitutes] = True, True
    return WordVectors(matrix, exact | lowered)


def _index_words(words: Sequence[str]) -> tuple[dict[bytes, list[int]], dict[bytes, list[int]]]:
    """Return two dictionaries of indices in `words`, keyed by the words and by their lower-cased forms.

    The second dictionary has no entry for a word that is already in lower case.
    """
    wanted: defaultdict[bytes, list[int]] = defaultdict(list)
    lowered: defaultdict[bytes, list[int]] = defaultdict(list)
    for index, word in enumerate(words):
        wanted[word.encode("utf-8", "replace")].append(index)
        if word.lower() != word:
            lowered[word.lower().encode("utf-8", "replace")].append(index)
    return wanted, lowered


def _track_rows(file: VectorFile) -> Iterator[VectorRow]:
    """Yield the rows of a file, and show a progress bar if the file is large."""
    if file.path.stat().st_size < _BYTES_WORTH_A_BAR:
        yield from file.rows()
        return
    with Progress("Reading word vectors", total=file.expected, unit="words") as progress:
        for count, row in enumerate(file.rows(), start=1):
            yield row
            if count % _ROWS_A_STEP == 0:
                progress.advance(_ROWS_A_STEP)


class FirstVectors(NamedTuple):
    """The first words of a word-vector file with their vectors. Such files usually begin with frequent words.

    Attributes:
        words: N distinct words in the order of the file.
        matrix: One vector per word, float32 of shape (N, D).
    """

    words: list[str]
    matrix: FloatArray


def read_first_vectors(path: str | Path, most: int) -> FirstVectors:
    """Read the vectors of the first `most` distinct words in a file, or of all words if there are fewer.

    Raises:
        DataError: If the file cannot be read or fits no format, or a row that is read is invalid.
    """
    seen: dict[str, FloatArray] = {}
    with open_vectors(path) as file:
        for row in _track_rows(file):
            word = row.word.decode("utf-8", "replace")
            if word and word not in seen:
                seen[word] = file.read_numbers(row)
            if len(seen) == most:
                break
        matrix = np.stack(list(seen.values())) if seen else np.zeros((0, file.dimension), np.float32)
    return FirstVectors(list(seen), matrix)
