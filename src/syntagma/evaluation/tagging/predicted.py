"""What a report on a tagger is made of: tags that it and its baselines give, and how it came to be."""

from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from syntagma.errors import DataError
from syntagma.evaluation.facts import RunFacts
from syntagma.text.tag_schemes import OUTSIDE, Scheme

Tags = list[list[str]]


class SureSpan(NamedTuple):
    """A span with its probability; tokens `start` to `end` (not included) of one kind."""

    start: int
    end: int
    kind: str
    probability: float


class RawCounts(NamedTuple):
    """Spans of a text that was not cut into words, or its words with their plain tags: right ones, found ones, gold."""

    hits: int
    found: int
    gold: int


@dataclass(frozen=True)
class Utterances:
    """Labels of whole texts.

    Attributes:
        gold: The right ones.
        found: Those that the model gives.
        probabilities: Of the found ones.
        baselines: Those that others give, by their titles.
    """

    gold: list[str]
    found: list[str]
    probabilities: list[float]
    baselines: dict[str, list[str]] = field(default_factory=dict)


class LowerTags(NamedTuple):
    """Tags of a lower layer: the right ones, and those that the model gives."""

    gold: Tags
    found: Tags


@dataclass(frozen=True)
class TaggedSplit:
    """Sentences with their right tags, and with what a model and its baselines make of them.

    Attributes:
        words: Of each sentence.
        gold: The right tags.
        found: Those that the model gives.
        known: Whether training has seen each word.
        probabilities: Of the found tag at each word.
        spans: The spans that the found tags spell; none where tags spell none.
        log_losses: Of the right tags of each sentence, in nats; `None` where training has not seen one of them.
        seen: The places (start, end) of right and found spans whose words are a span in training too, of any kind;
            `None` where that is not known.
        baselines: The tags that others give, by their titles.
        utterances: Labels of the whole texts, where the model gives them.
        lower: The tags of a lower layer, where the model gives them.
        kinds: Kinds of spans that the model knows; none if tags spell none.
        scheme: Scheme of all tags, those of baselines too; `None` if tags spell no spans.
        texts: The texts as they were written, if they are known.
        places: Where each sentence came from, if that is known.
        raw: What the model finds if it gets the texts instead of the words, if that was tried.

    Raises:
        DataError: Parts of different lengths.
    """

    words: list[list[str]]
    gold: Tags
    found: Tags
    known: list[list[bool]]
    probabilities: list[list[float]]
    spans: list[list[SureSpan]]
    log_losses: list[float | None]
    seen: list[list[tuple[int, int]]] | None = None
    baselines: dict[str, Tags] = field(default_factory=dict)
    utterances: Utterances | None = None
    lower: LowerTags | None = None
    kinds: tuple[str, ...] = ()
    scheme: Scheme | None = None
    texts: list[str] | None = None
    places: list[str] | None = None
    raw: list[RawCounts] | None = None

    def __post_init__(self) -> None:
        lower = {} if self.lower is None else self.lower._asdict()
        parts: dict[str, list[Any]] = {
            "right tags": self.gold,
            "found tags": self.found,
            "known words": self.known,
            "probabilities": self.probabilities,
            **{f"tags of {name}": tags for name, tags in self.baselines.items()},
            **{f"{name} lower tags": tags for name, tags in lower.items()},
        }
        lengths = [len(row) for row in self.words]
        for name, rows in parts.items():
            if [len(row) for row in rows] != lengths:
                raise DataError(f"`TaggedSplit` needs {name} for each of its {sum(lengths)} words; some do not fit.")
        of_texts: dict[str, list[Any] | None] = {
            "spans": self.spans,
            "log losses": self.log_losses,
            "seen spans": self.seen,
            "counts of raw texts": self.raw,
            "places": self.places,
            "labels": self.utterances.gold if self.utterances else None,
            "found labels": self.utterances.found if self.utterances else None,
        }
        for name, others in of_texts.items():
            if others is not None and len(others) != len(self.words):
                raise DataError(f"`TaggedSplit` needs {name} for each of {len(self.words)} texts; got {len(others)}.")

    @property
    def log_loss(self) -> float | None:
        """Of the right tags, in nats a word, of the sentences that have one; `None` where none has."""
        rows = [row for row, loss in enumerate(self.log_losses) if loss is not None]
        if not rows and len(self):
            return None
        return sum(self.log_losses[row] or 0.0 for row in rows) / max(1, sum(len(self.words[row]) for row in rows))

    def at_threshold(self, threshold: float) -> "TaggedSplit":
        """Return the split without less probable spans, whose words are tagged O.

        What the model finds in raw texts is left out, because the probabilities of those spans are not kept. The
        probability of a word that lost its tag is 1 minus that of the tag.
        """
        found, probabilities = [list(row) for row in self.found], [list(row) for row in self.probabilities]
        for row, spans in enumerate(self.spans):
            for place in (place for span in spans if span.probability < threshold for place in range(*span[:2])):
                found[row][place], probabilities[row][place] = OUTSIDE, 1 - probabilities[row][place]
        kept = [[span for span in row if span.probability >= threshold] for row in self.spans]
        return replace(self, found=found, probabilities=probabilities, spans=kept, raw=None)

    def __len__(self) -> int:
        return len(self.words)


@dataclass(frozen=True, kw_only=True)
class TagReportInput(RunFacts):
    """All that a report on a tagger shows, before anything is counted.

    Attributes:
        kinds: The kinds of spans; none where tags spell none.
        tags: The tags.
        splits: By name ("dev", "test"), as far as they exist; the last is the one reported in detail.
    """

    kinds: tuple[str, ...]
    tags: tuple[str, ...]
    splits: dict[str, TaggedSplit]

    @property
    def reported(self) -> str | None:
        """Name of the split that is reported in detail, if there is one with words."""
        names = [name for name, split in self.splits.items() if any(split.words)]
        return names[-1] if names else None
