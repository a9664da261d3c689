r"""Readers of word-vector files: GloVe text, word2vec text and binary, fastText `.vec`, each optionally `.gz`.

GloVe text       word number ... number
word2vec text    first line "rows dimension", then as above; fastText `.vec` has the same format
word2vec binary  first line "rows dimension", then for each row: word, space, D little-endian float32, optional "\n"
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

# Limits for files that are not word vectors at all. The longest known line has 2,000 numbers of 20 characters.
_LIMIT_LINE_BYTES = 1 << 20
_LIMIT_WORD_BYTES = 1 << 16
_LIMIT_DIMENSION = 10_000

_SAMPLE_BYTES = 1 << 16
_BLOCK_BYTES = 1 << 20

_HEADER = re.compile(rb"\d{1,18} \d{1,18}")
_CONTROL_BYTE = re.compile(rb"[\x00-\x08\x0e-\x1f]")
_DECIMAL = re.compile(rb"[+-]?\d+\.\d+(?:[eE][+-]?\d+)?")


class VectorRow(NamedTuple):
    """A word from a word-vector file with its unparsed vector.

    Attributes:
        word: Word as UTF-8 bytes.
        numbers: Vector as it is stored in the file.
        place: Number of the line (text file) or record (binary file), counted from 1.
    """

    word: bytes
    numbers: bytes
    place: int


class VectorFile(ABC):
    """An open file of word vectors, positioned after its header.

    Attributes:
        path: Path of the file, for error messages.
        file: Open binary file.
        dimension: Number of values in each vector, D.
        expected: Number of rows according to the header, or `None` if the file has no header.
    """

    def __init__(self, path: Path, file: IO[bytes], dimension: int, expected: int | None):
        self.path = path
        self.file = file
        self.dimension = dimension
        self.expected = expected

    @abstractmethod
    def rows(self) -> Iterator[VectorRow]:
        """Yield all rows in the order of the file.

        Raises:
            DataError: If a row does not fit the format, or the number of rows differs from the header.
        """

    @abstractmethod
    def read_numbers(self, row: VectorRow) -> FloatArray:
        """Parse the vector of a row.

        Returns:
            Vector, float32 of shape (D,).

        Raises:
            DataError: If a value is not a finite number.
        """

    def _check_count(self, count: int) -> None:
        if self.expected is not None and count != self.expected:
            problem = "it may be truncated" if count < self.expected else "the first line is wrong"
            raise DataError(
                f"the first line promises {self.expected:,} words, the file has {count:,}: {problem}.", path=self.path
            )


class TextVectorFile(VectorFile):
    """An open text file of word vectors, with one word and its vector per line.

    A word may contain spaces. The largest GloVe file has a few such words.
    """

    def rows(self) -> Iterator[VectorRow]:
        """Yield one row per non-empty line. For the errors, see `VectorFile.rows`."""
        count = 0
        for number, line in enumerate(self._lines(), start=1 if self.expected is None else 2):
            if line:
                count += 1
                yield self._split(line, number)
        self._check_count(count)

    def read_numbers(self, row: VectorRow) -> FloatArray:
        """Parse the vector of a line. For the result and the errors, see `VectorFile.read_numbers`."""
        try:
            values = [float(number) for number in row.numbers.split(b" ")]
        except ValueError as error:
            raise DataError(
                f"contains a value that is not a number: {error}.", path=self.path, line=row.place
            ) from error
        with np.errstate(over="ignore"):
            vector = np.array(values, dtype=np.float32)
        if not np.isfinite(vector).all():
            raise DataError("contains a number that is not finite.", path=self.path, line=row.place)
        return vector

    def _lines(self) -> Iterator[bytes]:
        number = 0 if self.expected is None else 1
        while line := self.file.readline(_LIMIT_LINE_BYTES + 1):
            number += 1
            if len(line) > _LIMIT_LINE_BYTES:
                raise DataError(f"a line may have at most {_LIMIT_LINE_BYTES:,} bytes.", path=self.path, line=number)
            yield line.rstrip(b" \r\n")

    def _split(self, line: bytes, number: int) -> VectorRow:
        surplus = line.count(b" ") - self.dimension
        if surplus == 0:
            word, _, numbers = line.partition(b" ")
            return VectorRow(word, numbers, number)
        parts = line.rsplit(b" ", self.dimension)
        # A decimal number at the end of the "word" is a surplus column, not a part of a word with a space.
        if surplus < 0 or _DECIMAL.fullmatch(parts[0].rpartition(b" ")[2]):
            columns = line.count(b" ")
            raise DataError(
                f"must have a word and {self.dimension} numbers; got {columns}.", path=self.path, line=number
            )
        return VectorRow(parts[0], b" ".join(parts[1:]), number)


class BinaryVectorFile(VectorFile):
    """An open file of word vectors in the binary format of word2vec."""

    def rows(self) -> Iterator[VectorRow]:
        """Yield one row per record, as many as the header states. For the errors, see `VectorFile.rows`."""
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
                        f"ends within record {place} of {self.expected:,}: it was truncated.", path=self.path
                    )
                buffer, position = buffer[position:] + block, 0
                space = buffer.find(b" ")
            end = space + 1 + size
            yield VectorRow(buffer[position:space].lstrip(b"\n"), buffer[space + 1 : end], place)
            position = end
        if (buffer[position:] + self.file.read(2)).strip(b"\n"):
            raise DataError(f"has more than the {self.expected:,} words that its first line promises.", path=self.path)

    def read_numbers(self, row: VectorRow) -> FloatArray:
        """Parse the vector of a record. For the result and the errors, see `VectorFile.read_numbers`."""
        vector = np.frombuffer(row.numbers, dtype="<f4").astype(np.float32)
        if not np.isfinite(vector).all():
            raise DataError(f"record {row.place} contains a number that is not finite.", path=self.path)
        return vector


@contextmanager
def open_vectors(path: str | Path) -> Iterator[VectorFile]:
    """Open a file of word vectors, for use in a `with` statement. The format is recognised from the content.

    Raises:
        DataError: If the file cannot be read, or its beginning matches no format. If the compressed content is damaged,
            the error may be raised only while rows are read.
    """
    path = Path(path)
    try:
        with open_binary(path) as file:
            yield _recognise(path, file)
    except (EOFError, zlib.error) as error:
        raise DataError(f"the compressed content is damaged or truncated: {error}.", path=path) from error
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
    """Return the dimension of the vectors in a file without a header, based on the first line."""
    if not line:
        raise DataError("the first line is empty; a file of word vectors must start with a word.", path=path)
    dimension = line.count(b" ")
    _check_dimension(dimension, path)
    if not all(map(_is_number, line.split(b" ")[1:])):
        raise DataError(
            "is not a file of word vectors: the first line is not a word followed by numbers.", path=path, line=1
        )
    return dimension


def _check_dimension(dimension: int, path: Path) -> None:
    if not 1 <= dimension <= _LIMIT_DIMENSION:
        raise DataError(
            f"word vectors must have 1 to {_LIMIT_DIMENSION:,} numbers; got {dimension}.", path=path, line=1
        )


def _is_number(text: bytes) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _is_binary(sample: bytes) -> bool:
    """Return whether a sample of bytes is binary, that is, whether it contains control characters or invalid UTF-8."""
    if _CONTROL_BYTE.search(sample):
        return True
    try:
        sample.decode("utf-8")
    except UnicodeDecodeError as error:
        # The end of the sample may split a character, which has at most four bytes.
        return error.start < len(sample) - 3
    return False
