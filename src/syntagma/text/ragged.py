"""Ragged arrays: rows of different lengths, stored without padding."""

from collections.abc import Iterable, Sequence
from itertools import chain
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
        if all(isinstance(row, list) for row in rows):  # many short rows: a quarter of the time of separate arrays
            values = np.fromiter(chain.from_iterable(rows), dtype=np.int32, count=int(lengths.sum()))
        else:
            values = np.concatenate([np.asarray(row, dtype=np.int32) for row in rows])
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

    def expand(self, rows: "Ragged") -> Self:
        """Replace each number in `rows` with the row of this array that has this number.

        Args:
            rows: Row numbers of this array, in rows of any lengths.

        Returns:
            As many rows as `rows` has: row i is the concatenation of the rows that `rows.row(i)` lists.

        Example:
            >>> ragged = Ragged.from_rows([[4, 5], [], [6]])
            >>> ragged.expand(Ragged.from_rows([[2, 0], [1]])).lengths.tolist()
            [3, 0]
        """
        chosen = self.select(rows.values)
        return type(self)(chosen.values, chosen.offsets[rows.offsets])


def _offsets_from_lengths(lengths: npt.NDArray[np.integer]) -> LongArray:
    offsets = np.zeros(len(lengths) + 1, dtype=np.int64)
    np.cumsum(lengths, out=offsets[1:])
    return offsets
