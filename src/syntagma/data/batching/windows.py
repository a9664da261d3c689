"""Long texts in windows, each a row of its own, and what was found for the windows put together again."""

from dataclasses import dataclass, replace

import numpy as np

from syntagma.data.batching.rows import Rows
from syntagma.shapes import FloatArray, LongArray
from syntagma.text.ragged import Ragged

MOST_WINDOWS = 64


@dataclass(frozen=True)
class Windows:
    """Rows of which none is longer than a network reads.

    Attributes:
        rows: The windows, in the order of the texts; each has all n-grams and the label of its text. In the loss the
            windows of a text weigh together as much as any other text.
        text_of: The row that each was cut from, ascending, (windows,).
    """

    rows: Rows
    text_of: LongArray

    def average(self, values: FloatArray) -> FloatArray:
        """The mean over the windows of each text: (windows, K) becomes (texts, K)."""
        counts = np.bincount(self.text_of)
        if len(counts) == len(values):
            return values
        starts = np.cumsum(counts) - counts
        means: FloatArray = (np.add.reduceat(values, starts, axis=0) / counts[:, None]).astype(np.float32)
        return means


def in_windows(rows: Rows, longest: int) -> Windows:
    """Cuts longer rows into as few windows as possible, of equal length or one token less; 64 a row at the most.

    Every window has all n-grams of its text, so that many would fill the memory; of longer texts the beginning is read.
    """
    tokens = _beginnings(rows.tokens, MOST_WINDOWS * longest)
    lengths = tokens.lengths
    counts = np.maximum(-(-lengths // longest), 1)
    text_of = np.repeat(np.arange(rows.count), counts)
    if len(text_of) == rows.count:
        return Windows(rows, text_of)
    number = np.arange(len(text_of)) - np.repeat(np.cumsum(counts) - counts, counts)  # of a window within its text
    total, parts = lengths[text_of], counts[text_of]
    ends = (number + 1) * total // parts
    selected = rows.select(text_of)
    weights = rows.per_row.get("weights", np.ones(rows.count, np.float32))
    shares = (weights / counts)[text_of] * (len(text_of) / rows.count)
    return Windows(
        replace(
            selected,
            tokens=Ragged.from_lengths(tokens.values, ends - number * total // parts),
            per_row={**selected.per_row, "weights": shares.astype(np.float32)},
        ),
        text_of,
    )


def _beginnings(tokens: Ragged, longest: int) -> Ragged:
    lengths = tokens.lengths
    if not len(lengths) or lengths.max() <= longest:
        return tokens
    place = np.arange(len(tokens.values)) - np.repeat(tokens.offsets[:-1], lengths)
    return Ragged.from_lengths(tokens.values[place < longest], np.minimum(lengths, longest))
