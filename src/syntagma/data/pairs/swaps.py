"""Search for swapped rows: rows whose source is written like the targets, and whose target like the sources."""

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

# Characters instead of words are counted if words are longer than this on average, as in scripts without spaces.
_LONGEST_WORD = 15
# A row is swapped if the other order is e to the power of this more probable, in total and per word.
_LEAST_TOTAL, _LEAST_PER_WORD = 6.0, 0.7


def find_swaps(
    sources: Sequence[str],
    targets: Sequence[str],
    reference: tuple[Sequence[str], Sequence[str]] | None = None,
) -> list[int]:
    """Find rows whose sides are swapped, judging by the words that usually occur on each side.

    The score of a row is the log-likelihood ratio of its two orders under unigram models of the sides. Nothing is found
    if both sides use the same words, as texts and their summaries do, or if more than half of the rows are swapped.

    Args:
        sources: Source of each row.
        targets: Target of each row.
        reference: Sources and targets of other rows that are in the right order, such as those of train. By default,
            the rows themselves.

    Returns:
        Numbers of the swapped rows.
    """
    usual_sources, usual_targets = reference or (sources, targets)
    split = _splitter(usual_sources)
    preference = _preferences(
        Counter(word for text in usual_sources for word in split(text)),
        Counter(word for text in usual_targets for word in split(text)),
    )

    def weigh(text: str) -> list[float]:
        return [preference.get(word, 0.0) for word in split(text)]

    pairs = zip(sources, targets, strict=True)
    return [row for row, (source, target) in enumerate(pairs) if _is_swapped(weigh(source), weigh(target))]


def _is_swapped(source: list[float], target: list[float]) -> bool:
    """Return whether the words of the source belong to the target side, and those of the target to the source side."""
    words = len(source) + len(target)
    both = sum(source) < 0 < sum(target)
    total = sum(target) - sum(source)
    return both and total >= _LEAST_TOTAL and total >= _LEAST_PER_WORD * words


def _splitter(texts: Sequence[str]) -> Callable[[str], Iterator[str]]:
    """Return a function that splits texts into words, or into characters if the texts have no spaces."""
    characters, words = sum(map(len, texts)), sum(len(text.split()) for text in texts)
    if characters > _LONGEST_WORD * max(1, words):
        return lambda text: (sign for sign in text if not sign.isspace())
    return lambda text: iter(text.casefold().split())


def _preferences(sources: Counter[str], targets: Counter[str]) -> dict[str, float]:
    """Return log P(word | source side) - log P(word | target side) for each word, with add-1/2 smoothing."""
    size = len(sources | targets) / 2
    totals = sources.total() + size, targets.total() + size
    constant = math.log(totals[1] / totals[0])
    return {
        word: math.log((sources[word] + 0.5) / (targets[word] + 0.5)) + constant
        for word in sources.keys() | targets.keys()
    }
