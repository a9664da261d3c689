"""Descriptive statistics of a corpus of series: label balance, lengths, channels, missing values, duplicates."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from syntagma.data.series.table import SeriesTable
from syntagma.data.tables.formatting import format_label_balance, format_table
from syntagma.data.tables.groups import count_groups, format_group_counts
from syntagma.data.tables.lengths import Lengths
from syntagma.data.tables.table import Corpus
from syntagma.wording import join_names

_SHOWN_CHANNELS = 20
_SHOWN = 5


@dataclass(frozen=True)
class Channel:
    """Statistics of one channel over all series of one split.

    Args:
        name: Name of the channel.
        min: Smallest value. `None` if all values are missing.
        max: Largest value. `None` if all values are missing.
        mean: Mean of the values. `None` if all values are missing.
        deviation: Standard deviation of the values. `None` if all values are missing.
        missing: Fraction of steps without a value, from 0 to 1.
        constant_rows: Number of series in which the channel is constant or has no value.
    """

    name: str
    min: float | None
    max: float | None
    mean: float | None
    deviation: float | None
    missing: float
    constant_rows: int

    @property
    def is_constant(self) -> bool:
        """Whether the channel has the same value in all steps of all series, except steps without a value."""
        return self.min == self.max


@dataclass(frozen=True)
class SeriesSplit:
    """Statistics of one split of a corpus of series.

    Args:
        rows: Number of series.
        labels: Number of series by label, in descending order. `None` if the series have no labels.
        lengths: Statistics of series lengths in steps.
        channels: Statistics of each channel.
        missing: Fraction of all values that are missing, from 0 to 1.
        without_value: Number of series with only missing values.
        ends_missing: Number of series without a value in the last step. Such series may be padded.
        duplicates: Number of series that equal an earlier series of this split.
        conflicting: Number of distinct series that have different labels in different rows of this split.
    """

    rows: int
    labels: dict[str, int] | None
    lengths: Lengths
    channels: list[Channel]
    missing: float
    without_value: int
    ends_missing: int
    duplicates: int
    conflicting: int


@dataclass(frozen=True)
class SharedSeries:
    """Number of series that two splits have in common.

    Args:
        first: Name of the split that comes first in the corpus.
        second: Name of the split that comes later.
        rows: Number of series in `second` that equal a series in `first`.
    """

    first: str
    second: str
    rows: int


@dataclass(frozen=True)
class SeriesDescription:
    """Statistics of a corpus of series.

    Args:
        name: Name of the corpus.
        splits: Statistics of each split, keyed by split name.
        shared: Number of series that two splits have in common, for each pair of splits with common series.
        groups: Number of groups of series in each split that has groups, as returned by `count_groups`.
    """

    name: str
    splits: dict[str, SeriesSplit]
    shared: list[SharedSeries]
    groups: dict[str, dict[str, int]] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return all statistics and warnings as values that can be written as JSON."""
        return {**asdict(self), "findings": self.findings()}

    def to_text(self) -> str:
        """Return the statistics as plain text with aligned tables, followed by the warnings of `findings`."""
        parts = [f"Corpus {self.name}", self._counts(), self._balance(), self._channels()]
        parts += [format_group_counts(self.groups), "\n".join(self.findings())]
        return "\n\n".join(part for part in parts if part) + "\n"

    def findings(self) -> list[str]:
        """Return lines that warn of likely problems.

        The problems are duplicates within and across splits, conflicting labels, missing values, constant channels,
        labels with a single series, and labels that do not occur in train.
        """
        shared = [f"{one.rows:,} series of {one.second} {_are(one.rows)} in {one.first} too" for one in self.shared]
        splits = [f"{name}: {one}" for name, split in self.splits.items() for one in _split_findings(split)]
        return [*shared, *splits, *self._label_findings()]

    def _label_findings(self) -> Iterator[str]:
        train = self.splits.get("train")
        if train is None or train.labels is None:
            return
        if single := [label for label, count in train.labels.items() if count == 1]:
            yield f"train: {_labels(single)} a single row to learn from"
        for name, split in self.splits.items():
            if new := [label for label in split.labels or {} if label not in train.labels]:
                yield f"{name}: {_labels(new)} no row in train"

    def _counts(self) -> str:
        header = ["split", "series", "channels", "min steps", "median", "max", "missing", "duplicates", "conflicting"]
        rows = []
        for name, split in self.splits.items():
            steps = split.lengths
            counts = [split.rows, len(split.channels), steps.min, steps.median, steps.max]
            rows.append([name, *counts, _percent(split.missing), split.duplicates, split.conflicting])
        return format_table(header, rows)

    def _balance(self) -> str:
        labelled = {name: split for name, split in self.splits.items() if split.labels is not None}
        return format_label_balance({name: (split.rows, split.labels or {}) for name, split in labelled.items()})

    def _channels(self) -> str:
        header = ["channel", "split", "min", "max", "mean", "deviation", "missing"]
        rows: list[list[Any]] = []
        for place, (name, split) in _first_channels(self.splits):
            channel = split.channels[place]
            numbers = [channel.min, channel.max, channel.mean, channel.deviation]
            shown = ["-" if number is None else f"{number:.4g}" for number in numbers]
            rows.append([channel.name, name, *shown, _percent(channel.missing)])
        more = max((len(split.channels) for split in self.splits.values()), default=0) - _SHOWN_CHANNELS
        return format_table(header, rows) + (f"\nand {more} more channels" if more > 0 else "")


def describe_series(corpus: Corpus) -> SeriesDescription:
    """Compute statistics that are worth knowing before training on a corpus of series.

    Two series count as equal if they have the same values, and missing values at the same positions.

    Args:
        corpus: Corpus of series. Every split must have at least one series.
    """
    tables = {name: table for name, table in corpus.splits.items() if isinstance(table, SeriesTable)}
    return SeriesDescription(
        name=corpus.name,
        splits={name: _describe_split(table) for name, table in tables.items()},
        shared=_find_shared_series(tables),
        groups=count_groups(corpus),
    )


def _describe_split(table: SeriesTable) -> SeriesSplit:
    labels: dict[Any, set[str]] = {}
    for key, label in zip(table.keys, table.labels or (), strict=False):
        labels.setdefault(key, set()).add(str(label))
    missing = [np.isnan(values) for values in table.series]
    return SeriesSplit(
        rows=len(table),
        labels=None if table.labels is None else dict(Counter(map(str, table.labels)).most_common()),
        lengths=Lengths.summarise(table.lengths),
        channels=[_describe_channel(table, place) for place in range(len(table.channels))],
        missing=_share(sum(int(row.sum()) for row in missing), sum(row.size for row in missing)),
        without_value=sum(bool(row.all()) for row in missing),
        ends_missing=sum(bool(row[-1].all()) for row in missing),
        duplicates=len(table) - len(set(table.keys)),
        conflicting=sum(len(values) > 1 for values in labels.values()),
    )


def _describe_channel(table: SeriesTable, place: int) -> Channel:
    rows = [values[:, place].astype(np.float64) for values in table.series]
    values = np.concatenate(rows)
    present = values[~np.isnan(values)]
    summary = [present.min(), present.max(), present.mean(), present.std()] if len(present) else [None] * 4
    least, most, mean, deviation = (None if number is None else float(number) for number in summary)
    return Channel(
        name=table.channels[place],
        min=least,
        max=most,
        mean=mean,
        deviation=deviation,
        missing=_share(len(values) - len(present), len(values)),
        constant_rows=sum(len(np.unique(row[~np.isnan(row)])) <= 1 for row in rows),
    )


def _find_shared_series(tables: dict[str, SeriesTable]) -> list[SharedSeries]:
    keys = {name: table.keys for name, table in tables.items()}
    names = list(keys)
    shared = []
    for place, second in enumerate(names):
        for first in names[:place]:
            known = set(keys[first])
            if rows := sum(key in known for key in keys[second]):
                shared.append(SharedSeries(first, second, rows))
    return shared


def _split_findings(split: SeriesSplit) -> Iterator[str]:
    """Yield warnings about the series of one split. `_label_findings` yields those about rare and new labels."""
    if split.duplicates:
        yield f"{split.duplicates:,} series {_are(split.duplicates)} equal to an earlier one"
    if split.conflicting:
        yield f"{split.conflicting:,} series with different labels in different rows"
    if split.without_value:
        yield f"{split.without_value:,} series without any value"
    if split.ends_missing > split.without_value:
        yield f"{split.ends_missing:,} series without a value in the last step; if this is padding, remove it"
    if constant := [channel.name for channel in split.channels if channel.is_constant]:
        verb = "is a constant channel" if len(constant) == 1 else "are constant channels"
        yield f"{join_names(constant, _SHOWN)} {verb}"
    if split.missing:
        worst = max(split.channels, key=lambda channel: channel.missing)
        where = f"most in channel {worst.name} ({_percent(worst.missing)})"
        yield f"{_percent(split.missing)} of the values are missing, {where}"


def _first_channels(splits: dict[str, SeriesSplit]) -> Iterator[tuple[int, tuple[str, SeriesSplit]]]:
    for place in range(_SHOWN_CHANNELS):
        yield from ((place, (name, split)) for name, split in splits.items() if place < len(split.channels))


def _are(count: int) -> str:
    return "is" if count == 1 else "are"


def _share(count: int, total: int) -> float:
    return count / total if total else 0.0


def _percent(share: float) -> str:
    return f"{share:.1%}" if share >= 0.0005 or share == 0 else "< 0.1%"


def _labels(names: list[str]) -> str:
    return (
        f"the label {names[0]} has" if len(names) == 1 else f"{len(names):,} labels ({join_names(names, _SHOWN)}) have"
    )
