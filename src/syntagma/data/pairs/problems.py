"""Search for likely mistakes in pairs of texts, with the places of the rows."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from syntagma.data.pairs.shifts import find_shifts
from syntagma.data.pairs.swaps import find_swaps
from syntagma.data.pairs.table import PairTable

Kind = Literal[
    "shifted",
    "swapped",
    "empty",
    "identical",
    "nul",
    "carriage_return",
    "length_ratio",
    "repeated",
    "several_targets",
]

# Added to lengths in characters, because the ratio of short lengths varies a lot.
_SMOOTHING = 10
# The ratio of lengths of a row is unusual if it differs from the median by this factor and by this many deviations.
_FACTOR, _DEVIATIONS = 2.5, 5.0
# Number of places that a problem lists; messages show fewer.
MOST_PLACES = 100
_SHOWN_PLACES = 3


@dataclass(frozen=True)
class PairProblem:
    """Rows of a table of pairs that have the same likely mistake.

    Args:
        kind: Kind of mistake.
        description: Description of the rows with their number, which continues the name of the split.
        rows: Number of rows.
        places: Locations of the rows, at most 100. For shifted lines, the first and the last row of the run.
    """

    kind: Kind
    description: str
    rows: int
    places: list[str]

    def to_text(self) -> str:
        """Return the description with the first places, on one line."""
        total = len(self.places) if self.kind == "shifted" else self.rows
        return f"{self.description}: {format_places(self.places, total)}"


def format_places(places: Sequence[str], total: int) -> str:
    """Return the first places for a message, and the number of the remaining ones of `total`."""
    more = f" and {total - _SHOWN_PLACES:,} more" if total > _SHOWN_PLACES else ""
    return ", ".join(places[:_SHOWN_PLACES]) + more


def find_pair_problems(table: PairTable, reference: PairTable | None = None) -> list[PairProblem]:
    """Find likely mistakes in the rows of one split.

    The mistakes are, in this order:

    - `shifted`: runs of rows whose sources fit the targets of the next or the previous row better than their own;
    - `swapped`: rows whose source is written like the targets and whose target like the sources;
    - `empty`: rows without a source or without a target, which files may not contain;
    - `identical`: rows whose two sides are equal apart from outer white space;
    - `nul` and `carriage_return`: rows with a NUL character, or with a carriage return;
    - `length_ratio`: rows whose ratio of lengths is far from that of the other rows;
    - `repeated`: rows that repeat an earlier pair;
    - `several_targets`: rows whose source has other targets in other rows.

    Args:
        table: Pairs of the split. Without targets, only mistakes in sources are found.
        reference: Pairs of train, if `table` is another split. They show how sources and targets are usually written.
    """
    checks: tuple[Callable[[PairTable], Iterator[PairProblem]], ...] = (
        _shifted,
        lambda table: _swapped(table, reference),
        _empty,
        _identical,
        _control_characters,
        _length_ratios,
        _repeated,
        _several_targets,
    )
    return [problem for check in checks for problem in check(table)]


def _problem(kind: Kind, table: PairTable, rows: Sequence[int], one: str, several: str) -> Iterator[PairProblem]:
    """Yield a problem if there are rows.

    Args:
        kind: Kind of mistake.
        table: Table of the rows.
        rows: Numbers of the rows.
        one: Description of a single row.
        several: Description of several rows, which follows their number.
    """
    if rows:
        description = f"1 pair {one}" if len(rows) == 1 else f"{len(rows):,} pairs {several}"
        places = [table.short_place_of(row) for row in rows[:MOST_PLACES]]
        yield PairProblem(kind, description, len(rows), places)


def _shifted(table: PairTable) -> Iterator[PairProblem]:
    for first, last, offset in find_shifts(table.sources, table.targets) if table.targets and len(table) > 1 else ():
        neighbour = "next" if offset == 1 else "previous"
        count = last - first + 1
        description = (
            f"the sources of about {count:,} rows fit the targets of the {neighbour} row; lines may be shifted"
        )
        places = [f"{table.short_place_of(first)} to {table.short_place_of(last)}"]
        yield PairProblem("shifted", description, count, places)


def _swapped(table: PairTable, reference: PairTable | None) -> Iterator[PairProblem]:
    if table.targets is None:
        return
    usual = None if reference is None or reference.targets is None else (reference.sources, reference.targets)
    rows = find_swaps(table.sources, table.targets, usual)
    yield from _problem("swapped", table, rows, "has swapped sides", "have swapped sides")


def _empty(table: PairTable) -> Iterator[PairProblem]:
    rows = [row for row, texts in enumerate(_texts(table)) if not all(text.strip() for text in texts)]
    side = "source" if table.targets is None else "source or target"
    yield from _problem("empty", table, rows, f"has an empty {side}", f"have an empty {side}")


def _identical(table: PairTable) -> Iterator[PairProblem]:
    pairs = zip(table.sources, table.targets or (), strict=False)
    rows = [row for row, (source, target) in enumerate(pairs) if source.strip() == target.strip() != ""]
    yield from _problem("identical", table, rows, "has two equal sides", "have two equal sides")


def _control_characters(table: PairTable) -> Iterator[PairProblem]:
    kinds: tuple[tuple[Kind, str, str], ...] = (
        ("nul", "\0", "a NUL character"),
        ("carriage_return", "\r", "a carriage return, which is not the end of a line"),
    )
    for kind, sign, name in kinds:
        rows = [row for row, texts in enumerate(_texts(table)) if any(sign in text for text in texts)]
        yield from _problem(kind, table, rows, f"contains {name}", f"contain {name}")


def _length_ratios(table: PairTable) -> Iterator[PairProblem]:
    if not table.targets:
        return
    lengths = np.array([[len(text) + _SMOOTHING for text in texts] for texts in _texts(table)], dtype=np.float64)
    ratios = np.log(lengths[:, 1] / lengths[:, 0])
    distance = np.abs(ratios - np.median(ratios))
    # The median distance, times 1.4826, estimates the standard deviation of a normal distribution without outliers.
    deviation = 1.4826 * float(np.median(distance))
    rows = np.flatnonzero(distance > max(np.log(_FACTOR), _DEVIATIONS * deviation)).tolist()
    yield from _problem(
        "length_ratio", table, rows, "has an unusual ratio of lengths", "have unusual ratios of lengths"
    )


def _repeated(table: PairTable) -> Iterator[PairProblem]:
    seen: Counter[tuple[str, ...]] = Counter()
    rows = []
    for row, texts in enumerate(_texts(table)):
        if seen[texts]:
            rows.append(row)
        seen[texts] += 1
    yield from _problem("repeated", table, rows, "repeats an earlier pair", "repeat an earlier pair")


def _several_targets(table: PairTable) -> Iterator[PairProblem]:
    if table.targets is None:
        return
    targets: dict[str, set[str]] = defaultdict(set)
    for source, target in zip(table.sources, table.targets, strict=True):
        targets[source].add(target)
    several = {source for source, different in targets.items() if len(different) > 1}
    rows = [row for row, source in enumerate(table.sources) if source in several]
    sources = "1 source" if len(several) == 1 else f"{len(several):,} sources"
    if rows:
        places = [table.short_place_of(row) for row in rows[:MOST_PLACES]]
        yield PairProblem(
            "several_targets", f"{sources} with different targets in {len(rows):,} rows", len(rows), places
        )


def _texts(table: PairTable) -> Iterator[tuple[str, ...]]:
    """Yield the source of each row, with the target if there is one."""
    return zip(table.sources, strict=True) if table.targets is None else zip(table.sources, table.targets, strict=True)
