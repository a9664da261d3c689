"""Ragged arrays: rows of different lengths, stored without padding."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple, Self

import numpy as np
import numpy.typing as npt

from syntagma.shapes import AnyArray, IntArray, LongArray


class Ragged(NamedTuple):
    """A ragged array of ids or vectors: rows of different lengths, concatenated into one array.

    Row i is `values[offsets[i]:offsets[i + 1]]`. Use `rows` for the number of rows, because `len()` of this named tuple
    is always 2.

    Attributes:
        values: Concatenated rows: ids as int32 of shape (total,), or vectors as float32 of shape (total, D).
        offsets: Start of each row in `values`, followed by the total length, int64 of shape (rows + 1,).

    Example:
        >>> ragged = Ragged.from_rows([[4, 5], [], [6]])
        >>> ragged.lengths.tolist()
        [2, 0, 1]
        >>> ragged.select([2, 0]).values.tolist()
        [6, 4, 5]
    """

    values: AnyArray
    offsets: LongArray

    @classmethod
    def from_rows(cls, rows: Sequence[Sequence[int] | npt.NDArray[np.integer]]) -> Self:
        """Create a ragged array from one-dimensional sequences of integers."""
        lengths = np.fromiter(map(len, rows), dtype=np.int64, count=len(rows))
        parts = [np.asarray(row, dtype=np.int32) for row in rows]
        values = np.concatenate(parts) if parts else np.zeros(0, np.int32)
        return cls.from_lengths(values, lengths)

    @classmethod
    def from_lengths(cls, values: AnyArray, lengths: npt.NDArray[np.integer]) -> Self:
        """Split `values` into rows of the given lengths. The lengths must add up to the number of values."""
        return cls(values, _offsets_from_lengths(lengths))

    @classmethod
    def concatenate(cls, parts: Iterable["Ragged"]) -> Self:
        """Concatenate the rows of several ragged arrays, in the given order."""
        parts = list(parts)
        if not parts:
            return cls.from_rows([])
        lengths = np.concatenate([part.lengths for part in parts])
        return cls.from_lengths(np.concatenate([part.values for part in parts]), lengths)

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(self.offsets) - 1

    @property
    def lengths(self) -> LongArray:
        """Length of each row, as an int64 array of shape (rows,)."""
        return np.diff(self.offsets)

    def row(self, index: int) -> IntArray:
        """Return one row as a view of shape (length,) or (length, D). A negative index counts from the end."""
        index = range(self.rows)[index]
        return self.values[self.offsets[index] : self.offsets[index + 1]]

    def select(self, indices: Sequence[int] | npt.NDArray[np.integer]) -> Self:
        """Return the rows at the given indices, in the given order. Indices may be repeated."""
        chosen = np.arange(self.rows)[np.asarray(indices, dtype=np.int64)]
        lengths = self.lengths[chosen]
        offsets = _offsets_from_lengths(lengths)
        shift = np.repeat(self.offsets[chosen] - offsets[:-1], lengths)
        return type(self)(self.values[np.arange(offsets[-1]) + shift], offsets)


def _offsets_from_lengths(lengths: npt.NDArray[np.integer]) -> LongArray:
    offsets = np.zeros(len(lengths) + 1, dtype=np.int64)
    np.cumsum(lengths, out=offsets[1:])
    return offsets
