"""What tagged data look like: sentences, words, tags and spans, new words, and what looks wrong."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from syntagma.data.sentences.table import TaggedTable
from syntagma.data.tables.groups import count_groups, said_of_groups
from syntagma.data.tables.lengths import Lengths
from syntagma.data.tables.table import Corpus
from syntagma.text.spans import broken_rules, recognise_scheme, tags_to_spans

_SHOWN = 3
_CHARACTERS = 60
_VERY_LONG = 500


@dataclass(frozen=True)
class TaggedCounts:
    """One split.

    Attributes:
        sentences: Number of sentences.
        empty: Sentences without a word.
        words: Number of words.
        lengths: Words of a sentence.
        tags: Words of each tag, the most frequent first.
        kinds: Spans of each kind, the most frequent first; none where tags spell none.
        span_lengths: Words of a span, how many spans have how many.
        new_words: The share of words that train does not have, capital letters aside; `None` of train itself.
        new_spans: The share of spans whose words are no span in train; `None` of train itself and without spans.
        broken: Sentences whose tags break their scheme.
        labels: Sentences of each label, the most frequent first; none without labels.
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
    """All splits of a tagged corpus.

    Attributes:
        name: Of the corpus.
        scheme: How tags spell spans; `None` for plain tags.
        splits: By name.
        shared: Sentences of dev and test that train has too, by split; empty sentences aside.
        conflicts: Sentences that stand in the data with different tags, each with its first places.
        groups: Number of documents, or of groups of a column, in each split that has some.
    """

    name: str
    scheme: str | None
    splits: dict[str, TaggedCounts]
    shared: dict[str, int]
    conflicts: list[dict[str, Any]]
    groups: dict[str, dict[str, int]] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return asdict(self)

    def findings(self) -> list[str]:
        """What a person should know, a line each."""
        lines = [f"{count:,} sentences of {name} stand in train too" for name, count in self.shared.items() if count]
        if self.conflicts:
            first = self.conflicts[0]
            lines.append(
                f"{len(self.conflicts):,} sentences have different tags in different places, such as "
                f"{first['text']!r} ({', '.join(first['places'])})"
            )
        for name, split in self.splits.items():
            if split.broken:
                lines.append(f"{split.broken:,} sentences of {name} break the scheme {self.scheme}")
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
        """Tables to read."""
        parts = [f"{self.name}: " + (f"spans, spelled by {self.scheme} tags" if self.scheme else "plain tags")]
        for name, split in self.splits.items():
            new = "" if split.new_words is None else f"   new words {split.new_words:.1%}"
            new += "" if split.new_spans is None else f"   new spans {split.new_spans:.1%}"
            parts.append(
                f"\n{name}: {split.sentences:,} sentences   {split.words:,} words   "
                f"{split.lengths.median:,} in the middle, at most {split.lengths.max:,}{new}"
            )
            counts, what = (split.kinds, "spans") if split.kinds else (split.tags, "words")
            parts += _shares(counts, what)
            if split.span_lengths:
                lengths = (f"{length} words {count:,}" for length, count in split.span_lengths.items())
                parts.append(f"  length of spans: {', '.join(lengths)}".replace(" 1 words", " 1 word"))
            parts += _shares(split.labels, "sentences")
        if self.groups:
            parts += ["", said_of_groups(self.groups)]
        findings = self.findings()
        if findings:
            parts += ["", *findings]
        return "\n".join(parts)


def _shares(counts: dict[str, int], what: str) -> list[str]:
    total, width = max(1, sum(counts.values())), max(map(len, counts), default=0)
    return [f"  {name:<{width}}  {count:>8,} {what}  {count / total:6.1%}" for name, count in counts.items()]


def describe_tags(corpus: Corpus) -> TaggedDescription:
    """Counts what a tagged corpus holds, and finds what looks wrong.

    Args:
        corpus: Of tagged sentences.
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
        _shared(tables),
        _conflicts(tables),
        count_groups(corpus),
    )


def _describe(table: TaggedTable, scheme: Any, of_train: tuple[set[str], set[tuple[str, ...]]] | None) -> TaggedCounts:
    tags = table.tags or []
    spans = [span for row in tags for span in tags_to_spans(row)] if scheme else []
    lengths = Counter(span.end - span.start for span in spans)
    flat = [word.lower() for row in table.words for word in row]
    new_words = new_spans = None
    if of_train is not None:
        new_words = sum(word not in of_train[0] for word in flat) / max(1, len(flat))
        found = _spans(table) if scheme else []
        new_spans = sum(span not in of_train[1] for span in found) / len(found) if found else None
    return TaggedCounts(
        sentences=len(table),
        empty=sum(not row for row in table.words),
        words=len(flat),
        lengths=Lengths.of([len(row) for row in table.words]),
        tags=_by_count(tag for row in tags for tag in row),
        kinds=_by_count(span.kind for span in spans),
        span_lengths=dict(sorted(lengths.items())),
        new_words=new_words,
        new_spans=new_spans,
        broken=sum(bool(broken_rules(row, scheme)) for row in tags) if scheme else 0,
        labels=_by_count(map(str, table.labels or ())),
    )


def _spans(table: TaggedTable) -> list[tuple[str, ...]]:
    return [
        tuple(word.lower() for word in words[span.start : span.end])
        for words, tags in zip(table.words, table.tags or [], strict=True)
        for span in tags_to_spans(tags)
    ]


def _by_count(values: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(values).items(), key=lambda item: (-item[1], item[0])))


def _shared(tables: dict[str, TaggedTable]) -> dict[str, int]:
    if "train" not in tables:
        return {}
    known = {tuple(row) for row in tables["train"].words if row}
    return {name: sum(tuple(row) in known for row in table.words) for name, table in tables.items() if name != "train"}


def _conflicts(tables: dict[str, TaggedTable]) -> list[dict[str, Any]]:
    found: defaultdict[tuple[str, ...], dict[tuple[str, ...], str]] = defaultdict(dict)
    for name, table in tables.items():
        for row, (words, tags) in enumerate(zip(table.words, table.tags or [], strict=False)):
            if words:
                found[tuple(words)].setdefault(tuple(tags), f"{name}, sentence {row + 1}")
    return [
        {"text": " ".join(words)[:_CHARACTERS], "places": list(places.values())[:_SHOWN]}
        for words, places in found.items()
        if len(places) > 1
    ]
