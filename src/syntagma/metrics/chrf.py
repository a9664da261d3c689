"""chrF from the statistics of each row, so that many samples of rows are scored at once."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from syntagma.shapes import AnyArray

ORDER = 6
_BETA = 2


def count_chrf(outputs: Sequence[str], references: Sequence[str]) -> AnyArray:
    """Count the character n-grams of each row, the sufficient statistics of chrF. White space is ignored.

    Args:
        outputs: Output of each row.
        references: Reference of each row.

    Returns:
        Array of shape (rows, 18) with three counts for each order from 1 to 6: n-grams of the output, of the reference,
        and matching n-grams. If the reference has no n-gram of an order, those of the output do not count.
    """
    counts = np.zeros((len(outputs), ORDER, 3))
    for row, pair in enumerate(zip(outputs, references, strict=True)):
        output, reference = ("".join(text.split()) for text in pair)
        for order in range(1, min(ORDER, len(reference)) + 1):
            ngrams, others = _count_ngrams(output, order), _count_ngrams(reference, order)
            matches = sum(min(count, others[ngram]) for ngram, count in ngrams.items() if ngram in others)
            counts[row, order - 1] = max(0, len(output) - order + 1), len(reference) - order + 1, matches
    return counts.reshape(len(outputs), 3 * ORDER)


def chrf(sums: AnyArray) -> AnyArray:
    """Compute chrF (Popović, 2015) from sums of the statistics of rows, as sacreBLEU does for a corpus.

    chrF = 100 * (1 + 2^2) P R / (2^2 P + R), where P and R are the precision and the recall of character n-grams,
    averaged over the orders of which both sides have n-grams. chrF is 0 if nothing matches.

    Args:
        sums: Sums of the statistics that `count_chrf` returns, of shape (samples, 18).

    Returns:
        chrF of each sample from 0 to 100, of shape (samples,).
    """
    output, reference, matches = np.moveaxis(sums.reshape(len(sums), ORDER, 3), 2, 0)  # (samples, 6)
    used = (output > 0) & (reference > 0)
    orders = np.maximum(used.sum(axis=1), 1)
    precision = np.where(used, matches / np.maximum(output, 1), 0).sum(axis=1) / orders
    recall = np.where(used, matches / np.maximum(reference, 1), 0).sum(axis=1) / orders
    whole = _BETA**2 * precision + recall
    scores: AnyArray = 100 * (1 + _BETA**2) * precision * recall / np.where(whole > 0, whole, 1)
    return scores


def _count_ngrams(text: str, order: int) -> Counter[str]:
    return Counter(text[start : start + order] for start in range(len(text) - order + 1))
