"""Descriptive statistics of a text corpus: label balance, lengths, duplicates, conflicting labels, unusual texts."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from syntagma.data.tables.formatting import format_label_balance, format_table
from syntagma.data.tables.groups import count_groups, format_group_counts
from syntagma.data.tables.lengths import Lengths
from syntagma.data.tables.table import Corpus, Table
from syntagma.data.texts.data_warnings import find_warnings
from syntagma.data.texts.table import TextTable
from syntagma.text.scripts import share_without_spaces
from syntagma.wording import join_names

# A text is very long if it has more than this many times the median number of characters of its split.
LONG_FACTOR = 10

_NOTEWORTHY_SHARE = 0.1
_SHOWN_CONFLICTS = 5
_SHOWN_IN_A_LINE = 5
_SHOWN_CHARACTERS = 60


@dataclass(frozen=True)
class SplitDescription:
    """Statistics of one split of a text corpus.

    Args:
        rows: Number of texts.
        labels: Number of rows by label, in descending order. A row with several labels counts for each of them.
            `None` if the texts have no labels.
        without_label: Number of rows with an empty set of labels (multilabel data).
        words: Statistics of text lengths in words. Words are separated by white space.
        characters: Statistics of text lengths in characters.
        empty: Number of texts that are empty or contain only white space.
        very_long: Number of texts with more than `LONG_FACTOR` times the median number of characters.
        duplicates: Number of rows whose text occurs in an earlier row of this split.
        conflicting: Number of rows whose text has a different label in another row of this split.
        without_spaces: Fraction of letters, from 0 to 1, that belong to scripts written without spaces. Lengths in
            words are not meaningful for these scripts.
    """

    rows: int
    labels: dict[str, int] | None
    without_label: int
    words: Lengths
    characters: Lengths
    empty: int
    very_long: int
    duplicates: int
    conflicting: int
    without_spaces: float


@dataclass(frozen=True)
class SharedTexts:
    """Number of texts that two splits have in common.

    Args:
        first: Name of the split that comes first in the corpus.
        second: Name of the split that comes later.
        texts: Number of distinct texts that occur in both splits.
        rows: Number of rows in `second` whose text occurs in `first`.
    """

    first: str
    second: str
    texts: int
    rows: int


@dataclass(frozen=True)
class Conflict:
    """A text that has different labels in different rows.

    Args:
        text: Text of these rows.
        labels: Number of rows with this text, by label.
        places: Location of each row with this text: its split, and its line or row number.
    """

    text: str
    labels: dict[str, int]
    places: list[str]


@dataclass(frozen=True)
class Description:
    """Statistics of a text corpus.

    Args:
        name: Name of the corpus.
        splits: Statistics of each split, keyed by split name.
        shared: Number of texts that two splits have in common, for each pair of splits with common texts.
        conflicts: Number of distinct texts that have different labels in different rows of the corpus.
        examples: A few of the texts counted in `conflicts`.
        doubts: Warnings about empty texts and unusual labels in train.
        groups: Number of groups of rows in each split that has groups, as returned by `count_groups`.
    """

    name: str
    splits: dict[str, SplitDescription]
    shared: list[SharedTexts]
    conflicts: int
    examples: list[Conflict]
    doubts: tuple[str, ...] = ()
    groups: dict[str, dict[str, int]] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return all statistics as values that can be written as JSON."""
        return {**asdict(self), "long_factor": LONG_FACTOR}

    def to_text(self) -> str:
        """Return the statistics as plain text with aligned tables, followed by the warnings of `findings`."""
        parts = [f"Corpus {self.name}", self._counts(), self._balance(), self._lengths()]
        parts += [format_group_counts(self.groups), "\n".join(self.findings())]
        return "\n\n".join(part for part in parts if part) + "\n"

    def _counts(self) -> str:
        header = ["split", "rows", "empty", "very long*", "duplicates", "conflicting"]
        rows = [
            [name, split.rows, split.empty, split.very_long, split.duplicates, split.conflicting]
            for name, split in self.splits.items()
        ]
        rule = f"* more than {LONG_FACTOR} times the median number of characters of the split"
        return f"{format_table(header, rows)}\n{rule}"

    def _balance(self) -> str:
        labelled = {name: split for name, split in self.splits.items() if split.labels is not None}
        counts = {name: (split.rows, split.labels or {}) for name, split in labelled.items()}
        return format_label_balance(counts, [split.without_label for split in labelled.values()])

    def _lengths(self) -> str:
        header = ["length", "split", "min", "25 %", "median", "75 %", "95 %", "max", "mean"]
        rows = [
            [unit, name, *asdict(lengths).values()]
            for unit in ("words", "characters")
            for name, split in self.splits.items()
            for lengths in [getattr(split, unit)]
        ]
        return format_table(header, rows)

    def findings(self) -> list[str]:
        """Return lines that warn of likely problems.

        The problems are empty texts and unusual labels in train, texts that occur in two splits, labels that do not
        occur in train, scripts without spaces, and texts with conflicting labels.
        """
        lines = [
            *self.doubts,
            *(
                f"{shared.texts:,} different texts are in both {shared.first} and {shared.second} "
                f"({shared.rows:,} rows of {shared.second})"
                for shared in self.shared
            ),
        ]
        lines += self._new_labels()
        for name, split in self.splits.items():
            if split.without_spaces >= _NOTEWORTHY_SHARE:
                share = f"{split.without_spaces:.0%}"
                lines.append(
                    f"{share} of the letters in {name} belong to a script without spaces: look at characters, not words"
                )
        if self.conflicts:
            lines.append(f"{self.conflicts:,} different texts have different labels in different rows, such as")
        for conflict in self.examples:
            labels = join_names((f"{label} ({count})" for label, count in conflict.labels.items()), _SHOWN_IN_A_LINE)
            places = join_names(conflict.places, _SHOWN_IN_A_LINE)
            lines.append(f"  {_brief(conflict.text)!r}: {labels} at {places}")
        return lines

    def _new_labels(self) -> Iterator[str]:
        known = self.splits["train"].labels if "train" in self.splits else None
        for name, split in self.splits.items():
            new = [label for label in split.labels or () if known is not None and label not in known]
            if new:
                yield f"train has no label {join_names(map(repr, new), _SHOWN_IN_A_LINE)}, which {name} has"


def describe(corpus: Corpus) -> Description:
    """Compute statistics that are worth knowing before training on a text corpus.

    Texts count as equal only if they are identical, including case and white space.

    Args:
        corpus: Corpus of texts. Every split must have at least one text.
    """
    tables = {name: table for name, table in corpus.splits.items() if isinstance(table, TextTable)}
    conflicts = _find_conflicts(tables.items())
    train = tables.get("train")
    return Description(
        name=corpus.name,
        splits={name: _describe_split(table) for name, table in tables.items()},
        shared=_find_shared_texts(tables),
        conflicts=len(conflicts),
        examples=[_example(corpus, text, places) for text, places in list(conflicts.items())[:_SHOWN_CONFLICTS]],
        groups=count_groups(corpus),
        doubts=() if train is None or train.labels is None else tuple(find_warnings(train)),
    )


def _describe_split(table: TextTable) -> SplitDescription:
    characters = [len(text) for text in table.texts]
    median = Lengths.summarise(characters).median
    conflicts = _find_conflicts([("", table)])
    return SplitDescription(
        rows=len(table),
        labels=None if table.labels is None else _label_counts(table.labels),
        without_label=sum(label == () for label in table.labels or ()),
        words=Lengths.summarise([len(text.split()) for text in table.texts]),
        characters=Lengths.summarise(characters),
        empty=sum(not text.strip() for text in table.texts),
        very_long=sum(length > LONG_FACTOR * median for length in characters) if median else 0,
        duplicates=len(table) - len(set(table.texts)),
        conflicting=sum(len(places) for places in conflicts.values()),
        without_spaces=round(share_without_spaces(table.texts), 3),
    )


def _label_counts(labels: list[Any]) -> dict[str, int]:
    parts = (str(part) for label in labels for part in (label if isinstance(label, tuple) else (label,)))
    return dict(Counter(parts).most_common())


def _find_shared_texts(tables: dict[str, TextTable]) -> list[SharedTexts]:
    texts = {name: set(table.texts) for name, table in tables.items()}
    shared = []
    for position, second in enumerate(texts):
        for first in list(texts)[:position]:
            if common := texts[first] & texts[second]:
                rows = sum(text in common for text in tables[second].texts)
                shared.append(SharedTexts(first, second, len(common), rows))
    return shared


def _find_conflicts(tables: Iterable[tuple[str, TextTable]]) -> dict[str, list[tuple[str, int]]]:
    """Find each text that has different labels in different rows of the labelled tables.

    Args:
        tables: Pairs of a split name and a table, for each split to search. Tables without labels are ignored.

    Returns:
        Dictionary keyed by text. Each value is a list of (split, row) pairs, one for each row with this text.
    """
    first_label: dict[str, Any] = {}
    conflicting: set[str] = set()
    labelled = [(name, table, table.labels) for name, table in tables if table.labels is not None]
    for _, table, labels in labelled:
        for text, label in zip(table.texts, labels, strict=True):
            if _as_set(first_label.setdefault(text, label)) != _as_set(label):
                conflicting.add(text)
    places: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for name, table, _ in labelled if conflicting else ():
        for row, text in enumerate(table.texts):
            if text in conflicting:
                places[text].append((name, row))
    return places


def _as_set(label: Any) -> Any:
    return frozenset(label) if isinstance(label, tuple) else label


def _example(corpus: Corpus, text: str, places: list[tuple[str, int]]) -> Conflict:
    labels: Counter[str] = Counter()
    shown = []
    for split, row in places:
        table = corpus[split]
        label = (table.labels or [])[row]
        labels[" + ".join(map(str, label)) if isinstance(label, tuple) else str(label)] += 1
        shown.append(_place(split, table, row))
    return Conflict(text, dict(labels), shown)


def _place(split: str, table: Table, row: int) -> str:
    if table.files is not None:
        return f"{split} {table.short_place_of(row)}"
    return f"{split} {table.unit} {table.lines[row]}" if table.lines else f"{split} row {row + 1}"


def _brief(text: str) -> str:
    return text if len(text) <= _SHOWN_CHARACTERS else text[: _SHOWN_CHARACTERS - 3] + "..."
