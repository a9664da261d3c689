"""Rows that are longer than a network reads at once, cut into overlapping windows whose tags are joined again."""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple, TypeVar

import numpy as np

from syntagma.data.batching.rows import Rows
from syntagma.shapes import AnyArray, LongArray
from syntagma.text.ragged import Ragged

Array = TypeVar("Array", bound=AnyArray)

# Values per token that are 1 where a row is read anew: no window reaches over such a place.
STARTS = "starts"


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

    @property
    def overlapping_rows(self) -> LongArray:
        """Numbers of the rows of which at least one window shares tokens with another window."""
        is_cut = (self.first > 0) | (self.end < self.rows.tokens.lengths)
        return np.unique(self.row[is_cut])

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
    """Cut rows, without bags, at their `STARTS` and to at most `width` tokens; others stay as they are.

    Neighbouring windows of what is too long share `overlap` tokens, of which each takes half. Every window has the
    values of its row.
    """
    windows: list[LongArray] = []
    for row, pieces in enumerate(_pieces(rows)):
        for place, length in pieces:
            found = np.array(_windows(length, width, overlap), np.int64) + place
            windows.append(np.column_stack([np.full(len(found), row), found]))
    table = np.concatenate([np.zeros((0, 5), np.int64), *windows])
    of_row, start, end, first, last = (table[:, column] for column in range(5))
    offsets = rows.tokens.offsets[of_row]
    taken = [np.arange(one, other, dtype=np.int32) for one, other in zip(offsets + start, offsets + end, strict=True)]
    places = Ragged.from_rows(taken)
    cut = Rows(
        tokens=Ragged(rows.tokens.values[places.values], places.offsets),
        per_row={name: values[of_row] for name, values in rows.per_row.items()},
        per_token={name: values[places.values] for name, values in rows.per_token.items() if name != STARTS},
        reads=rows.reads,
    )
    return TokenWindows(cut, of_row, first - start, last - start)


def _pieces(rows: Rows) -> list[list[tuple[int, int]]]:
    """Return where the pieces of each row begin, counted from its beginning, and their lengths."""
    lengths = rows.tokens.lengths.tolist()
    if STARTS not in rows.per_token:
        return [[(0, length)] for length in lengths]
    found = []
    for length, offset in zip(lengths, rows.tokens.offsets.tolist(), strict=False):
        marked: list[int] = np.flatnonzero(rows.per_token[STARTS][offset : offset + length]).tolist()
        borders = [0, *(place for place in marked if place), length]
        found.append([(one, other - one) for one, other in pairwise(borders)])
    return found


def _windows(length: int, width: int, overlap: int) -> list[tuple[int, int, int, int]]:
    """Start and end of each window, and of what is taken from it, counted from the row's beginning."""
    if length <= width:
        return [(0, length, 0, length)]
    starts = [*range(0, length - width, width - overlap), length - width]
    # Two windows part in the middle of what they share.
    borders = [0, *((following + start + width + 1) // 2 for start, following in pairwise(starts)), length]
    return [(start, start + width, *taken) for start, taken in zip(starts, pairwise(borders), strict=True)]
