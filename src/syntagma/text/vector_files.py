r"""The file formats of word vectors: GloVe text, word2vec text and binary, fastText `.vec`, each also `.gz`.

GloVe text       word number ... number
word2vec text    first line "rows dimension", then as above; fastText `.vec` is the same
word2vec binary  first line "rows dimension", then for each row: word, space, D little-endian float32, perhaps "\n"
"""

import re
import zlib
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple

import numpy as np

from syntagma.errors import DataError
from syntagma.files import open_binary
from syntagma.shapes import FloatArray

# Bounds for a file that is not what it seems. The longest known line has 2,000 numbers of 20 characters.
_LIMIT_LINE_BYTES = 1 << 20
_LIMIT_WORD_BYTES = 1 << 16
_LIMIT_DIMENSION = 10_000

_SAMPLE_BYTES = 1 << 16
_BLOCK_BYTES = 1 << 20

_HEADER = re.compile(rb"\d{1,18} \d{1,18}")
_CONTROL_BYTE = re.compile(rb"[\x00-\x08\x0e-\x1f]")
_DECIMAL = re.compile(rb"[+-]?\d+\.\d+(?:[eE][+-]?\d+)?")


class VectorRow(NamedTuple):
    """One row of a file, its numbers not yet read.

    Attributes:
        word: UTF-8.
        numbers: As they stand in the file.
        place: Line or record, counted from 1.
    """

    word: bytes
    numbers: bytes
    place: int


class VectorFile(ABC):
    """An open file of word vectors, read from behind its header if there is one.

    It has `dimension` columns, D, and the `expected` number of rows if a header promises one.
    """

    def __init__(self, path: Path, file: IO[bytes], dimension: int, expected: int | None):
        self.path = path
        self.file = file
        self.dimension = dimension
        self.expected = expected

    @abstractmethod
    def rows(self) -> Iterator[VectorRow]:
        """Reads the rows, one after the other.

        Raises:
            DataError: A row that does not fit the format, or another number of rows than the header says.
        """

    @abstractmethod
    def read_numbers(self, row: VectorRow) -> FloatArray:
        """The vector of a row, shape (D,).

        Raises:
            DataError: Something that is not a finite number.
        """

    def _check_count(self, count: int) -> None:
        if self.expected is not None and count != self.expected:
            problem = "it was perhaps cut short" if count < self.expected else "the first line is wrong"
            raise DataError(
                f"the first line says {self.expected:,} words, the file has {count:,}: {problem}.", path=self.path
            )


class TextVectorFile(VectorFile):
    """One word and its numbers a line; also words with spaces inside, as a few in GloVe's largest file."""

    def rows(self) -> Iterator[VectorRow]:
        """Reads the lines; see `VectorFile.rows`."""
        count = 0
        for number, line in enumerate(self._lines(), start=1 if self.expected is None else 2):
            if line:
                count += 1
                yield self._split(line, number)
        self._check_count(count)

    def read_numbers(self, row: VectorRow) -> FloatArray:
        """The vector of a line; see `VectorFile.read_numbers`."""
        try:
            values = [float(number) for number in row.numbers.split(b" ")]
        except ValueError as error:
            raise DataError(
                f"holds something that is not a number: {error}.", path=self.path, line=row.place
            ) from error
        with np.errstate(over="ignore"):
            vector = np.array(values, dtype=np.float32)
        if not np.isfinite(vector).all():
            raise DataError("holds a number that is not finite.", path=self.path, line=row.place)
        return vector

    def _lines(self) -> Iterator[bytes]:
        number = 0 if self.expected is None else 1
        while line := self.file.readline(_LIMIT_LINE_BYTES + 1):
            number += 1
            if len(line) > _LIMIT_LINE_BYTES:
                raise DataError(f"a line has at most {_LIMIT_LINE_BYTES:,} bytes.", path=self.path, line=number)
            yield line.rstrip(b" \r\n")

    def _split(self, line: bytes, number: int) -> VectorRow:
        surplus = line.count(b" ") - self.dimension
        if surplus == 0:
            word, _, numbers = line.partition(b" ")
            return VectorRow(word, numbers, number)
        parts = line.rsplit(b" ", self.dimension)
        # A decimal number at the end of the "word" is a column too many and not a word with a space.
        if surplus < 0 or _DECIMAL.fullmatch(parts[0].rpartition(b" ")[2]):
            found = line.count(b" ")
            raise DataError(f"needs a word and {self.dimension} numbers; got {found}.", path=self.path, line=number)
        return VectorRow(parts[0], b" ".join(parts[1:]), number)


class BinaryVectorFile(VectorFile):
    """word2vec's binary format."""

    def rows(self) -> Iterator[VectorRow]:
        """Reads as many records as the header promises; see `VectorFile.rows`."""
        buffer, position, size = b"", 0, 4 * self.dimension
        for place in range(1, (self.expected or 0) + 1):
            space = buffer.find(b" ", position)
            while space < 0 or len(buffer) < space + 1 + size:
                if space < 0 and len(buffer) - position > _LIMIT_WORD_BYTES:
                    raise DataError(
                        f"record {place} has no word of at most {_LIMIT_WORD_BYTES:,} bytes.", path=self.path
                    )
                block = self.file.read(_BLOCK_BYTES)
                if not block:
                    raise DataError(
                        f"ends within record {place} of {self.expected:,}: it was cut short.", path=self.path
                    )
                buffer, position = buffer[position:] + block, 0
                space = buffer.find(b" ")
            end = space + 1 + size
            yield VectorRow(buffer[position:space].lstrip(b"\n"), buffer[space + 1 : end], place)
            position = end
        if (buffer[position:] + self.file.read(2)).strip(b"\n"):
            raise DataError(f"has more than the {self.expected:,} words of its first line.", path=self.path)

    def read_numbers(self, row: VectorRow) -> FloatArray:
        """The vector of a record; see `VectorFile.read_numbers`."""
        vector = np.frombuffer(row.numbers, dtype="<f4").astype(np.float32)
        if not np.isfinite(vector).all():
            raise DataError(f"record {row.place} holds a number that is not finite.", path=self.path)
        return vector


@contextmanager
def open_vectors(path: str | Path) -> Iterator[VectorFile]:
    """Opens a file of word vectors in whichever format its content shows.

    Raises:
        DataError: The file cannot be read, or its start fits no format. Reading within the block raises it too where
            compressed content is damaged.
    """
    path = Path(path)
    try:
        with open_binary(path) as file:
            yield _recognise(path, file)
    except (EOFError, zlib.error) as error:
        raise DataError(f"the compressed content is damaged or cut short: {error}.", path=path) from error
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror or error}.", path=path) from error


def _recognise(path: Path, file: IO[bytes]) -> VectorFile:
    first = file.readline(_LIMIT_LINE_BYTES + 1).rstrip(b" \r\n")
    if not _HEADER.fullmatch(first):
        file.seek(0)
        return TextVectorFile(path, file, _dimension_of(first, path), expected=None)
    expected, dimension = map(int, first.split())
    _check_dimension(dimension, path)
    start = file.tell()
    sample = file.read(_SAMPLE_BYTES)
    file.seek(start)
    return (BinaryVectorFile if _is_binary(sample) else TextVectorFile)(path, file, dimension, expected)


def _dimension_of(line: bytes, path: Path) -> int:
    """The dimension of a file without header, from its first line."""
    if not line:
        raise DataError("the first line is empty; a file of word vectors starts with a word.", path=path)
    dimension = line.count(b" ")
    _check_dimension(dimension, path)
    if not all(map(_is_number, line.split(b" ")[1:])):
        raise DataError("is no file of word vectors: the first line is not a word and numbers.", path=path, line=1)
    return dimension


def _check_dimension(dimension: int, path: Path) -> None:
    if not 1 <= dimension <= _LIMIT_DIMENSION:
        raise DataError(f"word vectors have 1 to {_LIMIT_DIMENSION:,} numbers; got {dimension}.", path=path, line=1)


def _is_number(text: bytes) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _is_binary(sample: bytes) -> bool:
    """Whether bytes are no text; float32 numbers are full of bytes that a text never has."""
    if _CONTROL_BYTE.search(sample):
        return True
    try:
        sample.decode("utf-8")
    except UnicodeDecodeError as error:
        # A character of at most four bytes may be cut at the end of the sample.
        return error.start < len(sample) - 3
    return False
