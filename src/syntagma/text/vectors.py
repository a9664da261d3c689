"""Ready-made word vectors for the words of a vocabulary."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from syntagma.progress import Progress
from syntagma.shapes import BoolArray, FloatArray
from syntagma.text.vector_files import VectorFile, VectorRow, open_vectors

# A smaller file is read before a bar could be.
_BYTES_WORTH_A_BAR = 10_000_000
_ROWS_A_STEP = 10_000


class WordVectors(NamedTuple):
    """Vectors for the words that were asked for.

    Attributes:
        matrix: float32, shape (V, D); zeros for a word that the file lacks.
        found: Whether the file has the word, shape (V,).
    """

    matrix: FloatArray
    found: BoolArray

    @property
    def coverage(self) -> float:
        """The share of the words that the file has, 0 to 1; 0 where no word was asked for."""
        return float(self.found.mean()) if len(self.found) else 0.0


def read_vectors(path: str | Path, words: Sequence[str]) -> WordVectors:
    """Reads the vectors of the given words; the rest of the file is passed over.

    A word is looked up as it is, and where the file lacks it, in lower case. Where the file has a word twice, the first
    row counts.

    Args:
        path: GloVe text, word2vec text or binary, or fastText `.vec`, also `.gz`; the content shows which.
        words: V words, in the order of the rows of the result.

    Raises:
        DataError: The file cannot be read, fits no format, has a row with the wrong number of columns, is cut short,
            or a wanted row holds something that is not a finite number. Numbers of other rows are not looked at.
    """
    with open_vectors(path) as file:
        matrix = np.zeros((len(words), file.dimension), dtype=np.float32)
        exact, lowered = np.zeros(len(words), dtype=np.bool_), np.zeros(len(words), dtype=np.bool_)
        wanted, wanted_lowered = _wanted(words)
        for row in _with_progress(file):
            # First come, first kept; but an exact match takes the place of a lower-cased one.
            targets = [index for index in wanted.get(row.word, ()) if not exact[index]]
            substitutes = [i for i in wanted_lowered.get(row.word, ()) if not (exact[i] or lowered[i])]
            if targets or substitutes:
                matrix[targets + substitutes] = file.read_numbers(row)
                exact[targets], lowered[substitutes] = True, True
    return WordVectors(matrix, exact | lowered)


def _wanted(words: Sequence[str]) -> tuple[dict[bytes, list[int]], dict[bytes, list[int]]]:
    """Rows of the result by the word itself, and by its lower case where that differs."""
    wanted: defaultdict[bytes, list[int]] = defaultdict(list)
    lowered: defaultdict[bytes, list[int]] = defaultdict(list)
    for index, word in enumerate(words):
        wanted[word.encode("utf-8", "replace")].append(index)
        if word.lower() != word:
            lowered[word.lower().encode("utf-8", "replace")].append(index)
    return wanted, lowered


def _with_progress(file: VectorFile) -> Iterator[VectorRow]:
    if file.path.stat().st_size < _BYTES_WORTH_A_BAR:
        yield from file.rows()
        return
    with Progress("Reading word vectors", total=file.expected, unit="words") as progress:
        for count, row in enumerate(file.rows(), start=1):
            yield row
            if count % _ROWS_A_STEP == 0:
                progress.advance(_ROWS_A_STEP)


class FirstVectors(NamedTuple):
    """The vectors that a file begins with; files have the frequent words first.

    Attributes:
        words: Different words, in the order of the file.
        matrix: float32, shape (words, D).
    """

    words: list[str]
    matrix: FloatArray


def read_first_vectors(path: str | Path, most: int) -> FirstVectors:
    """Read the first vectors of a file, of `most` different words at most.

    Raises:
        DataError: As `read_vectors`.
    """
    seen: dict[str, FloatArray] = {}
    with open_vectors(path) as file:
        for row in _with_progress(file):
            word = row.word.decode("utf-8", "replace")
            if word and word not in seen:
                seen[word] = file.read_numbers(row)
            if len(seen) == most:
                break
        matrix = np.stack(list(seen.values())) if seen else np.zeros((0, file.dimension), np.float32)
    return FirstVectors(list(seen), matrix)
