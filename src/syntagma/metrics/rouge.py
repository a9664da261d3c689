"""ROUGE-L: overlap of two sequences of words, measured by their longest common subsequence."""

from collections import defaultdict
from collections.abc import Hashable, Sequence


def longest_common_subsequence(first: Sequence[Hashable], second: Sequence[Hashable]) -> int:
    """Return the length of the longest common subsequence of two sequences.

    One integer with a bit per item of `first` holds a row of the usual table, so that a row is computed with a few
    operations on integers (Crochemore et al., 2001).

    Example:
        >>> longest_common_subsequence("police killed the gunman".split(), "police kill the gunman".split())
        3
    """
    places: defaultdict[Hashable, int] = defaultdict(int)
    for place, item in enumerate(first):
        places[item] |= 1 << place
    every = (1 << len(first)) - 1
    unmatched = every
    for item in second:
        matched = unmatched & places.get(item, 0)
        unmatched = ((unmatched + matched) | (unmatched - matched)) & every
    return len(first) - unmatched.bit_count()


def rouge_l(output: Sequence[Hashable], reference: Sequence[Hashable]) -> float:
    """Return ROUGE-L (Lin, 2004) of an output, as F1: 2 * L / (output length + reference length).

    L is the length of the longest common subsequence. Two empty sequences score 1.

    Args:
        output: Words of the output.
        reference: Words of the reference.

    Returns:
        Score from 0 to 1.
    """
    total = len(output) + len(reference)
    return 2 * longest_common_subsequence(output, reference) / total if total else 1.0
