"""Overlapping windows over rows that are too long for a network, and merging of their token-level predictions."""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple, TypeVar

import numpy as np

from syntagma.data.batching.rows import Rows
from syntagma.shapes import AnyArray, LongArray
from syntagma.text.ragged import Ragged

Array = TypeVar("Array", bound=AnyArray)

# Name of the values per token that are 1 where a new piece of a row, such as a paragraph, begins. No window extends
# across such a boundary.
STARTS = "starts"


class TokenWindows(NamedTuple):
    """Windows over rows, and the part of each window whose predictions are used.

    Attributes:
        rows: Encoded windows, one per row.
        row: Number of the original row of each window, int64 of shape (windows,).
        first: Position in each window of the first token whose prediction is used, int64 of shape (windows,).
        end: Position in each window just after the last token whose prediction is used, int64 of shape (windows,).
    """

    rows: Rows
    row: LongArray
    first: LongArray
    end: LongArray

    @property
    def overlapping_rows(self) -> LongArray:
        """Numbers of the original rows that have overlapping windows, in ascending order."""
        is_cut = (self.first > 0) | (self.end < self.rows.tokens.lengths)
        return np.unique(self.row[is_cut])

    def join(self, values: Sequence[Array]) -> list[Array]:
        """Merge the token-level values of all windows into token-level values of the original rows.

        Args:
            values: Array of shape (length of the window, ...) for each window.

        Returns:
            Array of shape (length of the row, ...) for each row. If windows overlap at a token, its value comes from
            the window in which the token is farther from the edge.
        """
        used = [part[first:end] for first, end, part in zip(self.first, self.end, values, strict=True)]
        parts = self.group_by_row(used)
        return [part[0] if len(part) == 1 else np.concatenate(part) for part in parts]  # type: ignore[misc]

    def group_by_row(self, values: Sequence[Array]) -> list[list[Array]]:
        """Group values by original row, given one value per window. Return one list per original row."""
        parts: list[list[Array]] = [[] for _ in range(int(self.row.max(initial=-1)) + 1)]
        for row, part in zip(self.row, values, strict=True):
            parts[row].append(part)
        return parts


def cut_into_windows(rows: Rows, width: int, overlap: int) -> TokenWindows:
    """Split rows into pieces, such as paragraphs, and split pieces longer than `width` into windows.

    A piece begins at the start of each row, and at each token with the value 1 in `rows.per_token[STARTS]`. Every
    window has the per-row values of its row. Unordered features (`Rows.bags`) are dropped.

    Args:
        rows: Rows to split.
        width: Maximum number of tokens in a window.
        overlap: Minimum number of tokens that neighbouring windows of a piece share. The first window provides the
            predictions for the first half of the shared tokens, and the second window those for the second half.
    """
    windows: list[LongArray] = []
    for row, pieces in enumerate(_pieces(rows)):
        for place, length in pieces:
            bounds = np.array(_windows(length, width, overlap), np.int64) + place
            windows.append(np.column_stack([np.full(len(bounds), row), bounds]))
    table = np.concatenate([np.zeros((0, 5), np.int64), *windows])
    row_numbers, start, end, first, last = (table[:, column] for column in range(5))
    offsets = rows.tokens.offsets[row_numbers]
    tokens = [np.arange(one, other, dtype=np.int32) for one, other in zip(offsets + start, offsets + end, strict=True)]
    places = Ragged.from_rows(tokens)
    cut = Rows(
        tokens=Ragged(rows.tokens.values[places.values], places.offsets),
        per_row={name: values[row_numbers] for name, values in rows.per_row.items()},
        per_token={name: values[places.values] for name, values in rows.per_token.items() if name != STARTS},
        reads=rows.reads,
    )
    return TokenWindows(cut, row_numbers, first - start, last - start)


def _pieces(rows: Rows) -> list[list[tuple[int, int]]]:
    """Return a (start, length) pair for each piece of each row. Starts are relative to the row."""
    lengths = rows.tokens.lengths.tolist()
    if STARTS not in rows.per_token:
        return [[(0, length)] for length in lengths]
    pieces = []
    for length, offset in zip(lengths, rows.tokens.offsets.tolist(), strict=False):
        marked: list[int] = np.flatnonzero(rows.per_token[STARTS][offset : offset + length]).tolist()
        borders = [0, *(place for place in marked if place), length]
        pieces.append([(one, other - one) for one, other in pairwise(borders)])
    return pieces


def _windows(length: int, width: int, overlap: int) -> list[tuple[int, int, int, int]]:
    """Split a piece into windows; return (start, end, first used token, end of the used tokens) for each window.

    All positions are relative to the start of the piece.
    """
    if length <= width:
        return [(0, length, 0, length)]
    starts = [*range(0, length - width, width - overlap), length - width]
    # The used parts of two neighbouring windows meet in the middle of their overlap.
    borders = [0, *((following + start + width + 1) // 2 for start, following in pairwise(starts)), length]
    return [(start, start + width, *taken) for start, taken in zip(starts, pairwise(borders), strict=True)]
