r"""Search for shifted lines: rows whose source fits the target of the next or the previous row better than its own.

Each row casts a vote: 1 if its source fits the target of the neighbour better than its own target and that of the other
neighbour, -1 if it fits one of these two better, and 0 if there is no difference. The votes of a run of rows are
compared under two hypotheses with the log-likelihood ratio

    sum of log(q / p) over votes of 1 + sum of log((1 - q) / (1 - p)) over votes of -1,

where p is the share of votes for the neighbour in the whole table, at most 1/2, and q the share in shifted rows. The
run with the largest sum is found in one pass (Kadane's algorithm, or CUSUM). By Ville's inequality, a table of n
rows without shifted rows has a run with a sum above h with a probability of at most n exp(-h).
"""

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from syntagma.shapes import AnyArray

_WORD = re.compile(r"\d+|[^\W\d_]{4,}")
_PREFIX = 4
# Added to lengths in characters, because the ratio of short lengths varies a lot.
_SMOOTHING = 10
# A length vote needs a difference in fit that is clearer than this, in log ratios.
_LENGTH_MARGIN = 0.1
# Share q of votes for the neighbour in shifted rows, by words and by lengths.
_SHIFTED_WORDS, _SHIFTED_LENGTHS = 0.9, 0.6
_LEAST_SHARE = 0.01
# Threshold for a probability of a false alarm of at most 1 in 10,000 per table.
_FALSE_ALARMS = math.log(10_000)


class Shift(NamedTuple):
    """A run of shifted rows.

    Attributes:
        first: Number of the first row.
        last: Number of the last row.
        offset: Row whose target fits, relative to the row of the source: 1 for the next row, -1 for the previous row.
    """

    first: int
    last: int
    offset: int


def find_shifts(sources: Sequence[str], targets: Sequence[str], most: int = 5) -> list[Shift]:
    """Find runs of shifted rows by numbers, names and other words that both sides share, and by lengths.

    Words are shared if they begin with the same four letters, which also finds many related words of two languages.

    Args:
        sources: Source of each row.
        targets: Target of each row.
        most: Maximum number of runs per direction.

    Returns:
        Runs in the order of their first rows.
    """
    anchors = _anchors(sources), _anchors(targets)
    weights = _weights(*anchors)
    lengths = _log_lengths(sources), _log_lengths(targets)
    word_fits = {offset: _word_fits(*anchors, weights, offset) for offset in (-1, 0, 1)}
    length_fits = {offset: _length_fits(*lengths, offset) for offset in (-1, 0, 1)}
    found: list[Shift] = []
    for offset in (1, -1):
        scores = _log_ratios(_votes(word_fits, offset, 0.0), _SHIFTED_WORDS)
        scores += _log_ratios(_votes(length_fits, offset, _LENGTH_MARGIN), _SHIFTED_LENGTHS)
        found += [Shift(first, last, offset) for first, last in _best_runs(scores, most)]
    return sorted(found)


def _anchors(texts: Sequence[str]) -> list[frozenset[str]]:
    return [frozenset(_anchor(word) for word in _WORD.findall(text.casefold())) for text in texts]


def _anchor(word: str) -> str:
    return word if word.isdigit() else word[:_PREFIX]


def _weights(sources: Sequence[frozenset[str]], targets: Sequence[frozenset[str]]) -> dict[str, float]:
    """Return the weight of each word that occurs on both sides. Rare words have high weights."""
    counts = [Counter(word for row in rows for word in row) for rows in (sources, targets)]
    total = len(sources) + 1
    return {word: math.log(total / min(n, counts[1][word])) for word, n in counts[0].items() if counts[1][word]}


def _word_fits(
    sources: Sequence[frozenset[str]], targets: Sequence[frozenset[str]], weights: dict[str, float], offset: int
) -> AnyArray:
    """Return the total weight of the words that each source shares with the target at an offset."""
    last = len(targets) - 1
    rows = ((source, targets[min(max(row + offset, 0), last)]) for row, source in enumerate(sources))
    # `fsum` is exact, so that equal sets of words always have equal weights.
    return np.array([math.fsum(weights[word] for word in source & target) for source, target in rows])


def _log_lengths(texts: Sequence[str]) -> AnyArray:
    return np.log(np.array([len(text) for text in texts], dtype=np.float64) + _SMOOTHING)


def _length_fits(sources: AnyArray, targets: AnyArray, offset: int) -> AnyArray:
    """Return minus the difference of the ratio of lengths from the usual one, with the target at an offset."""
    fits: AnyArray = -np.abs(np.roll(targets, -offset) - sources - np.median(targets - sources))
    return fits


def _votes(fits: Mapping[int, AnyArray], offset: int, margin: float) -> AnyArray:
    """Return the vote of each row for an offset.

    Args:
        fits: Fit of each source with the target at each offset.
        offset: Offset of the neighbour.
        margin: Smallest difference in fit that does not count as a tie.
    """
    difference = fits[offset] - np.maximum(fits[0], fits[-offset])
    votes: AnyArray = np.sign(difference) * (np.abs(difference) > margin)
    votes[[0, -1]] = 0  # the first and the last row lack a neighbour
    return votes


def _log_ratios(votes: AnyArray, q: float) -> AnyArray:
    """Return the contribution of each vote to the log-likelihood ratio."""
    share = (np.count_nonzero(votes > 0) + 1) / (np.count_nonzero(votes) + 2)
    p = min(max(share, _LEAST_SHARE), 0.5)
    return np.where(votes > 0, math.log(q / p), np.where(votes < 0, math.log((1 - q) / (1 - p)), 0.0))


def _best_runs(scores: AnyArray, most: int) -> list[tuple[int, int]]:
    """Return the runs with the largest sums, at most `most` of them, whose sums are above the threshold."""
    scores = scores.copy()
    threshold = math.log(len(scores) + 1) + _FALSE_ALARMS
    runs: list[tuple[int, int]] = []
    while len(runs) < most:
        total, first, last = _largest_run(scores)
        if total < threshold:
            break
        runs.append((first, last))
        scores[first : last + 1] = -math.inf
    return runs


def _largest_run(scores: AnyArray) -> tuple[float, int, int]:
    """Return the sum, the first row and the last row of the run with the largest sum."""
    best, start, total = (0.0, 0, 0), 0, 0.0
    for row, score in enumerate(scores.tolist()):
        if total <= 0:
            start, total = row, 0.0
        total += score
        if total > best[0]:
            best = (total, start, row)
    return best
