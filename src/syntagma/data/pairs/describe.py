"""Descriptive statistics of a corpus of pairs, and likely mistakes in it."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from syntagma.data.pairs.limits import count_words
from syntagma.data.pairs.problems import MOST_PLACES, PairProblem, find_pair_problems, format_places
from syntagma.data.pairs.table import PairTable
from syntagma.data.tables.formatting import format_table
from syntagma.data.tables.groups import count_groups, format_group_counts
from syntagma.data.tables.lengths import Lengths
from syntagma.data.tables.table import Corpus


@dataclass(frozen=True)
class PairSplit:
    """Statistics of one split of a corpus of pairs.

    Args:
        rows: Number of pairs.
        sources: Number of distinct sources.
        lengths: Statistics of lengths by side ("source" and, if there are targets, "target") and unit ("words" and
            "characters"). In scripts without spaces, each character counts as a word.
        ratio: Total number of characters of the targets, divided by that of the sources. `None` if there are no
            targets, or no characters.
        problems: Likely mistakes in the rows of the split.
    """

    rows: int
    sources: int
    lengths: dict[str, dict[str, Lengths]]
    ratio: float | None
    problems: list[PairProblem]


@dataclass(frozen=True)
class SharedSources:
    """Number of sources that two splits have in common.

    Args:
        first: Name of the split that comes first in the corpus.
        second: Name of the split that comes later.
        sources: Number of distinct sources that occur in both splits.
        rows: Number of rows in `second` whose source occurs in `first`.
        places: Locations of these rows, at most 100.
    """

    first: str
    second: str
    sources: int
    rows: int
    places: list[str]


@dataclass(frozen=True)
class PairDescription:
    """Statistics of a corpus of pairs.

    Args:
        name: Name of the corpus.
        splits: Statistics of each split, keyed by split name.
        shared: Number of shared sources, for each pair of splits that have sources in common.
        groups: Number of groups of rows in each split that has groups, as returned by `count_groups`.
    """

    name: str
    splits: dict[str, PairSplit]
    shared: list[SharedSources]
    groups: dict[str, dict[str, int]] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return all statistics and warnings as values that can be written as JSON."""
        return {**asdict(self), "findings": self.findings()}

    def to_text(self) -> str:
        """Return the statistics as plain text with aligned tables, followed by the warnings of `findings`."""
        parts = [f"Corpus {self.name}", self._counts(), self._lengths()]
        parts += [format_group_counts(self.groups), "\n".join(self.findings())]
        return "\n\n".join(part for part in parts if part) + "\n"

    def findings(self) -> list[str]:
        """Return lines that warn of likely mistakes: sources that two splits share, and the problems of each split."""
        shared = [_shared_line(one) for one in self.shared]
        return [*shared, *(f"{name}: {one.to_text()}" for name, split in self.splits.items() for one in split.problems)]

    def _counts(self) -> str:
        header = ["split", "pairs", "distinct sources", "characters of targets per source character"]
        rows = [
            [name, split.rows, split.sources, "-" if split.ratio is None else f"{split.ratio:.2f}"]
            for name, split in self.splits.items()
        ]
        return format_table(header, rows)

    def _lengths(self) -> str:
        header = ["length", "unit", "split", "min", "25 %", "median", "75 %", "95 %", "max", "mean"]
        rows = [
            [side, unit, name, *asdict(split.lengths[side][unit]).values()]
            for side in ("source", "target")
            for unit in ("words", "characters")
            for name, split in self.splits.items()
            if side in split.lengths
        ]
        return format_table(header, rows)


def describe_pairs(corpus: Corpus) -> PairDescription:
    """Compute statistics that are worth knowing before training on a corpus of pairs, and find likely mistakes.

    Args:
        corpus: Corpus of pairs. Every split must have at least one pair.
    """
    tables = {name: table for name, table in corpus.splits.items() if isinstance(table, PairTable)}
    train = tables.get("train")
    return PairDescription(
        name=corpus.name,
        splits={name: _describe_split(table, None if name == "train" else train) for name, table in tables.items()},
        shared=list(_find_shared_sources(tables)),
        groups=count_groups(corpus),
    )


def _describe_split(table: PairTable, reference: PairTable | None) -> PairSplit:
    sides = {"source": table.sources} if table.targets is None else {"source": table.sources, "target": table.targets}
    characters = {side: sum(map(len, texts)) for side, texts in sides.items()}
    return PairSplit(
        rows=len(table),
        sources=len(set(table.sources)),
        lengths={side: _lengths(texts) for side, texts in sides.items()},
        ratio=characters["target"] / characters["source"] if len(sides) == 2 and characters["source"] else None,
        problems=find_pair_problems(table, reference),
    )


def _lengths(texts: list[str]) -> dict[str, Lengths]:
    return {
        "words": Lengths.summarise([count_words(text) for text in texts]),
        "characters": Lengths.summarise([len(text) for text in texts]),
    }


def _find_shared_sources(tables: dict[str, PairTable]) -> Iterator[SharedSources]:
    names = list(tables)
    for place, second in enumerate(names):
        for first in names[:place]:
            known, table = set(tables[first].sources), tables[second]
            rows = [row for row, source in enumerate(table.sources) if source in known]
            if rows:
                places = [table.short_place_of(row) for row in rows[:MOST_PLACES]]
                sources = len({table.sources[row] for row in rows})
                yield SharedSources(first, second, sources, len(rows), places)


def _shared_line(shared: SharedSources) -> str:
    sources = "1 source is" if shared.sources == 1 else f"{shared.sources:,} sources are"
    rows = "1 row" if shared.rows == 1 else f"{shared.rows:,} rows"
    places = format_places(shared.places, shared.rows)
    return f"{sources} in both {shared.first} and {shared.second} ({rows} of {shared.second}): {places}"
