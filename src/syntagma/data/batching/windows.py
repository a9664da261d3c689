"""Splitting of long texts into windows, and merging of the predictions for the windows."""

from dataclasses import dataclass, replace

import numpy as np

from syntagma.data.batching.rows import Rows
from syntagma.shapes import FloatArray, LongArray
from syntagma.text.ragged import Ragged

MAX_WINDOWS = 64


@dataclass(frozen=True)
class Windows:
    """Windows into which texts were split, because the network limits the length of its input.

    Attributes:
        rows: Encoded windows, in the order of the texts. Each window has the label and all n-grams of its text. The
            windows of a text share its weight in the loss equally.
        text_of: Row number of the text of each window, in ascending order, of shape (windows,).
    """

    rows: Rows
    text_of: LongArray

    def average(self, values: FloatArray) -> FloatArray:
        """Average values over the windows of each text.

        Args:
            values: Values per window, such as logits, of shape (windows, K).

        Returns:
            Means of shape (texts, K).
        """
        counts = np.bincount(self.text_of)
        if len(counts) == len(values):
            return values
        starts = np.cumsum(counts) - counts
        means: FloatArray = (np.add.reduceat(values, starts, axis=0) / counts[:, None]).astype(np.float32)
        return means


def split_into_windows(rows: Rows, longest: int) -> Windows:
    """Split rows into windows of at most `longest` tokens.

    A row is split into as few windows as possible, whose lengths differ by at most one token. Every window has all
    n-grams of its text. To limit memory use, a row has at most 64 windows. Tokens that do not fit into 64 windows are
    dropped.

    Args:
        rows: Rows to split.
        longest: Maximum length of a window in tokens.
    """
    tokens = _beginnings(rows.tokens, MAX_WINDOWS * longest)
    lengths = tokens.lengths
    counts = np.maximum(-(-lengths // longest), 1)
    text_of = np.repeat(np.arange(rows.count), counts)
    if len(text_of) == rows.count:
        return Windows(rows, text_of)
    number = np.arange(len(text_of)) - np.repeat(np.cumsum(counts) - counts, counts)  # window number within its text
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
