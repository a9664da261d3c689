"""Limits of length and ratio, and removal of the pairs that exceed them."""

import re
from collections.abc import Iterator

from pydantic import Field

from syntagma.config import Config
from syntagma.data.pairs.table import PairTable
from syntagma.errors import DataError
from syntagma.text.scripts import UNSPACED_BLOCKS
from syntagma.wording import join_names

_UNSPACED = re.compile(rf"[{UNSPACED_BLOCKS}]")
_SHOWN_PLACES = 3


class PairLimits(Config):
    """Limits for the pairs that a model is trained on. Pairs that exceed a limit are left out.

    A word is a run of characters between white space. In scripts without spaces, each character counts as a word.

    Args:
        max_source_words: Maximum number of words of a source. `None` sets no limit.
        max_target_words: Maximum number of words of a target. `None` sets no limit.
        max_ratio: Maximum ratio of the number of words of the longer text of a pair to that of the shorter text, at
            least 1. `None` sets no limit.
    """

    max_source_words: int | None = Field(default=None, ge=1)
    max_target_words: int | None = Field(default=None, ge=1)
    max_ratio: float | None = Field(default=None, ge=1)


def apply_limits(table: PairTable, limits: PairLimits) -> tuple[PairTable, list[str]]:
    """Remove the pairs that exceed a limit.

    Args:
        table: Pairs of a training split. The limit of the ratio and that of targets are ignored if there are no
            targets.
        limits: Limits to apply.

    Returns:
        The table of the remaining pairs, which is the table itself if nothing was removed, and a line for each limit
        that was exceeded, with the number and the first places of its pairs. A pair is counted under the first limit
        that it exceeds.

    Raises:
        DataError: If no pair remains.

    Example:
        >>> table = PairTable(["a b c", "a b"], ["x y z", "x"])
        >>> apply_limits(table, PairLimits(max_source_words=2))[1]
        ['pairs: left out 1 of 2 pairs, whose source has more than 2 words (at most 3): pairs, row 1']
    """
    sources = [count_words(text) for text in table.sources]
    targets = [count_words(text) for text in table.targets or ()]
    removed: set[int] = set()
    lines = []
    for rows, reason, unit, values in _exceeded(sources, targets, limits):
        rows = [row for row in rows if row not in removed]
        removed.update(rows)
        if rows:
            most = max(values[row] for row in rows)
            places = join_names(map(table.short_place_of, rows), _SHOWN_PLACES)
            counts = f"left out {len(rows):,} of {len(table):,} pairs"
            lines.append(f"{table.source}: {counts}, {reason} (at most {most:,.4g}{unit}): {places}")
    if removed and len(removed) == len(table):
        raise DataError(f"{table.source}: no pair is within the limits. Raise them. {lines[0]}")
    kept = [row for row in range(len(table)) if row not in removed]
    return (table.select(kept) if removed else table), lines


def count_words(text: str) -> int:
    """Return the number of words in a text. In scripts without spaces, each character counts as a word.

    Example:
        >>> count_words("two words"), count_words("电影 2024")
        (2, 3)
    """
    words = len(text.split())
    return words if text.isascii() else len(_UNSPACED.sub(" x ", text).split())


def _exceeded(
    sources: list[int], targets: list[int], limits: PairLimits
) -> Iterator[tuple[list[int], str, str, list[float]]]:
    """Yield the rows that exceed each limit, with the reason for the message and the values that are limited."""
    sides = (("source", sources, limits.max_source_words), ("target", targets, limits.max_target_words))
    for name, counts, most in sides:
        if most is not None:
            rows = [row for row, count in enumerate(counts) if count > most]
            yield rows, f"whose {name} has more than {most:,} words", "", list(map(float, counts))
    if limits.max_ratio is not None:
        ratios = [max(pair) / max(1, min(pair)) for pair in zip(sources, targets, strict=False)]
        rows = [row for row, ratio in enumerate(ratios) if ratio > limits.max_ratio]
        reason = f"one of whose texts has more than {limits.max_ratio:g} times as many words as the other"
        yield rows, reason, " times", ratios
