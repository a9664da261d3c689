"""Rows that are longer than a network reads at once, cut into overlapping windows whose tags are joined again."""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple, TypeVar

import numpy as np

from syntagma.data.batching.rows import Rows
from syntagma.shapes import AnyArray, LongArray
from syntagma.text.ragged import Ragged

Array = TypeVar("Array", bound=AnyArray)


class TokenWindows(NamedTuple):
    """Windows over rows.

    Attributes:
        rows: The windows as rows of their own.
        row: Which row each window is of, int64 (windows,).
        first: The first token, counted from the beginning of the window, that is taken from it, (windows,).
        end: One behind the last that is taken, (windows,).
    """

    rows: Rows
    row: LongArray
    first: LongArray
    end: LongArray

    def join(self, of_windows: Sequence[Array]) -> list[Array]:
        """What was found for each token of the windows, (window's length, ...), for each token of the rows."""
        taken = [found[first:end] for first, end, found in zip(self.first, self.end, of_windows, strict=True)]
        parts = self.by_row(taken)
        return [part[0] if len(part) == 1 else np.concatenate(part) for part in parts]  # type: ignore[misc]

    def by_row(self, of_windows: Sequence[Array]) -> list[list[Array]]:
        """What was found for each window, a list for each row."""
        parts: list[list[Array]] = [[] for _ in range(int(self.row.max(initial=-1)) + 1)]
        for row, found in zip(self.row, of_windows, strict=True):
            parts[row].append(found)
        return parts


def cut_to_windows(rows: Rows, width: int, overlap: int) -> TokenWindows:
    """Cut rows of more than `width` tokens, without bags; shorter ones stay as they are.

    Neighbouring windows share `overlap` tokens, of which each takes half. Every window has the values of its row.
    """
    windows: list[tuple[int, int, int, int, int]] = []
    for row, length in enumerate(rows.tokens.lengths.tolist()):
        windows += [(row, *window) for window in _windows(length, width, overlap)]
    table = np.array(windows, np.int64).reshape(-1, 5)
    of_row, start, end, first, last = (table[:, column] for column in range(5))
    offsets = rows.tokens.offsets[of_row]
    pieces = [np.arange(one, other, dtype=np.int32) for one, other in zip(offsets + start, offsets + end, strict=True)]
    places = Ragged.from_rows(pieces)
    cut = Rows(
        tokens=Ragged(rows.tokens.values[places.values], places.offsets),
        per_row={name: values[of_row] for name, values in rows.per_row.items()},
        per_token={name: values[places.values] for name, values in rows.per_token.items()},
        reads=rows.reads,
    )
    return TokenWindows(cut, of_row, first - start, last - start)


def _windows(length: int, width: int, overlap: int) -> list[tuple[int, int, int, int]]:
    """Start and end of each window, and of what is taken from it, counted from the row's beginning."""
    if length <= width:
        return [(0, length, 0, length)]
    starts = [*range(0, length - width, width - overlap), length - width]
    # Two windows part in the middle of what they share.
    borders = [0, *((following + start + width + 1) // 2 for start, following in pairwise(starts)), length]
    return [(start, start + width, *taken) for start, taken in zip(starts, pairwise(borders), strict=True)]
