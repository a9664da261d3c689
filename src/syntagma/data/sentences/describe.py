"""Descriptive statistics of tagged corpora: sentences, words, tags, spans, new words, and likely errors."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from syntagma.data.sentences.table import TaggedTable
from syntagma.data.tables.groups import count_groups, format_group_counts
from syntagma.data.tables.lengths import Lengths
from syntagma.data.tables.table import Corpus
from syntagma.text.spans import broken_rules, recognise_scheme, tags_to_spans

_SHOWN = 3
_CHARACTERS = 60
_VERY_LONG = 500


@dataclass(frozen=True)
class TaggedCounts:
    """Statistics of one split of a tagged corpus.

    Attributes:
        sentences: Number of sentences.
        empty: Number of sentences without words.
        words: Number of words.
        lengths: Statistics of sentence lengths in words.
        tags: Number of words by tag, in descending order.
        kinds: Number of spans by span label, in descending order. Empty if the tags do not encode spans.
        span_lengths: Number of spans by length in words.
        new_words: Fraction of words, from 0 to 1, that do not occur in train, ignoring case. `None` for train itself,
            and if there is no train split.
        new_spans: Fraction of spans, from 0 to 1, whose words do not form a span in train, ignoring case. `None` for
            train itself, and if there is no train split or the split has no spans.
        broken: Number of sentences whose tags violate the scheme of the corpus. 0 for plain tags.
        labels: Number of sentences by sentence label, in descending order. Empty if the sentences have no labels.
    """

    sentences: int
    empty: int
    words: int
    lengths: Lengths
    tags: dict[str, int]
    kinds: dict[str, int]
    span_lengths: dict[int, int]
    new_words: float | None
    new_spans: float | None
    broken: int
    labels: dict[str, int]


@dataclass(frozen=True)
class TaggedDescription:
    """Statistics of a tagged corpus.

    Attributes:
        name: Name of the corpus.
        scheme: Scheme with which the tags encode spans, such as "BIO". `None` for plain tags.
        splits: Statistics of each split, keyed by split name.
        shared: For each split except train, the number of its sentences that also occur in train. Empty sentences are
            not counted.
        conflicts: Sentences that occur with different tags. In each entry, "text" is the truncated sentence, and
            "places" lists its first location with each of up to three different tag sequences.
        groups: Number of groups of sentences, such as documents, in each split that has groups, as returned by
            `count_groups`.
    """

    name: str
    scheme: str | None
    splits: dict[str, TaggedCounts]
    shared: dict[str, int]
    conflicts: list[dict[str, Any]]
    groups: dict[str, dict[str, int]] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return all statistics as values that can be written as JSON."""
        return asdict(self)

    def findings(self) -> list[str]:
        """Return lines that warn of likely problems.

        The problems are sentences that also occur in train, conflicting tags, tags that violate the scheme, very long
        or empty sentences, and labels or tags that do not occur in train.
        """
        lines = [f"{count:,} sentences of {name} are in train too" for name, count in self.shared.items() if count]
        if self.conflicts:
            first = self.conflicts[0]
            lines.append(
                f"{len(self.conflicts):,} sentences have different tags in different places, such as "
                f"{first['text']!r} ({', '.join(first['places'])})"
            )
        for name, split in self.splits.items():
            if split.broken:
                lines.append(f"{split.broken:,} sentences of {name} violate the scheme {self.scheme}")
            if split.lengths.max > _VERY_LONG:
                most = f"the longest sentence of {name} has {split.lengths.max:,} words"
                lines.append(f"{most}; are empty lines missing between sentences?")
            if split.empty:
                lines.append(f"{split.empty:,} sentences of {name} have no words")
        known = set(self.splits["train"].kinds or self.splits["train"].tags) if "train" in self.splits else set()
        labels = set(self.splits["train"].labels) if "train" in self.splits else set()
        for name, split in self.splits.items():
            if labels and (new := [label for label in split.labels if label not in labels]):
                lines.append(f"train has no label {', '.join(new[:_SHOWN])}, which {name} has")
            others = [tag for tag in split.kinds or split.tags if known and tag not in known]
            if others:
                lines.append(f"train has no {', '.join(others[:_SHOWN])}, which {name} has")
        return lines

    def to_text(self) -> str:
        """Return the statistics as plain text, followed by the warnings of `findings`."""
        parts = [f"{self.name}: " + (f"spans, encoded by {self.scheme} tags" if self.scheme else "plain tags")]
        for name, split in self.splits.items():
            new = "" if split.new_words is None else f"   new words {split.new_words:.1%}"
            new += "" if split.new_spans is None else f"   new spans {split.new_spans:.1%}"
            parts.append(
                f"\n{name}: {split.sentences:,} sentences   {split.words:,} words   "
                f"median length {split.lengths.median:,}, at most {split.lengths.max:,}{new}"
            )
            counts, what = (split.kinds, "spans") if split.kinds else (split.tags, "words")
            parts += _shares(counts, what)
            if split.span_lengths:
                lengths = (f"{length} words {count:,}" for length, count in split.span_lengths.items())
                parts.append(f"  length of spans: {', '.join(lengths)}".replace(" 1 words", " 1 word"))
            parts += _shares(split.labels, "sentences")
        if self.groups:
            parts += ["", format_group_counts(self.groups)]
        findings = self.findings()
        if findings:
            parts += ["", *findings]
        return "\n".join(parts)


def _shares(counts: dict[str, int], what: str) -> list[str]:
    total, width = max(1, sum(counts.values())), max(map(len, counts), default=0)
    return [f"  {name:<{width}}  {count:>8,} {what}  {count / total:6.1%}" for name, count in counts.items()]


def describe_tags(corpus: Corpus) -> TaggedDescription:
    """Compute statistics that are worth knowing before training on a tagged corpus.

    Args:
        corpus: Corpus of tagged sentences. Every split must have at least one sentence.
    """
    tables = {name: table for name, table in corpus.splits.items() if isinstance(table, TaggedTable)}
    scheme = recognise_scheme([tags for table in tables.values() for tags in table.tags or []])
    train = tables.get("train")
    words = set() if train is None else {word.lower() for row in train.words for word in row}
    spans = set() if train is None or scheme is None else set(_spans(train))
    return TaggedDescription(
        corpus.name,
        scheme,
        {
            name: _describe(table, scheme, None if table is train or train is None else (words, spans))
            for name, table in tables.items()
        },
        _count_shared(tables),
        _find_conflicts(tables),
        count_groups(corpus),
    )


def _describe(table: TaggedTable, scheme: Any, known: tuple[set[str], set[tuple[str, ...]]] | None) -> TaggedCounts:
    """Compute the statistics of a split.

    Args:
        table: Sentences of the split.
        scheme: Scheme of the tags in the corpus. `None` for plain tags.
        known: Lower-case words in train, and the lower-case words of each span in train. `None` for train itself, and
            if there is no train split.
    """
    tags = table.tags or []
    spans = [span for row in tags for span in tags_to_spans(row)] if scheme else []
    lengths = Counter(span.end - span.start for span in spans)
    flat = [word.lower() for row in table.words for word in row]
    new_words = new_spans = None
    if known is not None:
        new_words = sum(word not in known[0] for word in flat) / max(1, len(flat))
        span_words = _spans(table) if scheme else []
        new_spans = sum(span not in known[1] for span in span_words) / len(span_words) if span_words else None
    return TaggedCounts(
        sentences=len(table),
        empty=sum(not row for row in table.words),
        words=len(flat),
        lengths=Lengths.summarise([len(row) for row in table.words]),
        tags=_count_values(tag for row in tags for tag in row),
        kinds=_count_values(span.kind for span in spans),
        span_lengths=dict(sorted(lengths.items())),
        new_words=new_words,
        new_spans=new_spans,
        broken=sum(bool(broken_rules(row, scheme)) for row in tags) if scheme else 0,
        labels=_count_values(map(str, table.labels or ())),
    )


def _spans(table: TaggedTable) -> list[tuple[str, ...]]:
    return [
        tuple(word.lower() for word in words[span.start : span.end])
        for words, tags in zip(table.words, table.tags or [], strict=True)
        for span in tags_to_spans(tags)
    ]


def _count_values(values: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(values).items(), key=lambda item: (-item[1], item[0])))


def _count_shared(tables: dict[str, TaggedTable]) -> dict[str, int]:
    if "train" not in tables:
        return {}
    known = {tuple(row) for row in tables["train"].words if row}
    return {name: sum(tuple(row) in known for row in table.words) for name, table in tables.items() if name != "train"}


def _find_conflicts(tables: dict[str, TaggedTable]) -> list[dict[str, Any]]:
    places_of_tags: defaultdict[tuple[str, ...], dict[tuple[str, ...], str]] = defaultdict(dict)
    for name, table in tables.items():
        for row, (words, tags) in enumerate(zip(table.words, table.tags or [], strict=False)):
            if words:
                places_of_tags[tuple(words)].setdefault(tuple(tags), f"{name}, sentence {row + 1}")
    return [
        {"text": " ".join(words)[:_CHARACTERS], "places": list(places.values())[:_SHOWN]}
        for words, places in places_of_tags.items()
        if len(places) > 1
    ]
