"""Input of a tagger's report: gold tags, predictions of the model and its baselines, and run information."""

from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from syntagma.errors import DataError
from syntagma.evaluation.facts import RunFacts
from syntagma.text.tag_schemes import OUTSIDE, Scheme

Tags = list[list[str]]


class ScoredSpan(NamedTuple):
    """A predicted span with its probability.

    Attributes:
        start: Index of the first word.
        end: Index of the last word plus 1.
        kind: Span label.
        probability: Probability that exactly these words form a span with this label, in [0, 1].
    """

    start: int
    end: int
    kind: str
    probability: float


class RawCounts(NamedTuple):
    """Counts of predictions for a text that the model tokenised itself.

    The predictions are spans or, for plain tags, tagged words. A prediction is correct if both its label or tag and its
    character offsets match a gold span or word.

    Attributes:
        hits: Number of correct predicted spans or words.
        predicted: Number of predicted spans or words.
        gold: Number of gold spans or words.
    """

    hits: int
    predicted: int
    gold: int


@dataclass(frozen=True)
class Utterances:
    """Gold and predicted text-level labels of a split, such as the intents of utterances.

    Attributes:
        gold: Gold label of each text.
        predicted: Label that the model predicts for each text.
        probabilities: Probability of each predicted label, in [0, 1].
        baselines: Labels predicted by each baseline, keyed by baseline title.
    """

    gold: list[str]
    predicted: list[str]
    probabilities: list[float]
    baselines: dict[str, list[str]] = field(default_factory=dict)


class LowerTags(NamedTuple):
    """Gold and predicted tags of an auxiliary lower layer of the model, such as parts of speech.

    Attributes:
        gold: Gold tags of each sentence.
        predicted: Tags that the lower layer predicts for each sentence.
    """

    gold: Tags
    predicted: Tags


@dataclass(frozen=True)
class TaggedSplit:
    """A split of tagged sentences with the predictions of a model and its baselines.

    Attributes:
        words: Words of each sentence.
        gold: Gold tags of each sentence.
        predicted: Tags that the model predicts for each sentence.
        known: Whether each word occurs in the training data.
        probabilities: Probability of the predicted tag of each word, in [0, 1].
        spans: Spans that the predicted tags of each sentence encode. For plain tags, the lists are empty.
        log_losses: Negative log-likelihood of the gold tags of each sentence, in nats, or `None` for a sentence with a
            gold tag that does not occur in the training data.
        seen: For each sentence, the boundaries (start, end) of the gold and predicted spans whose words also form a
            span, with any label, in the training data. `None` if unknown.
        baselines: Tags predicted by each baseline, keyed by baseline title.
        utterances: Text-level labels, or `None` if the model does not predict such labels.
        lower: Tags of the lower layer, or `None` if the model has no such layer.
        kinds: Span labels that the model can predict, or an empty tuple for plain tags.
        scheme: Tag scheme of all gold tags, predictions and baselines, or `None` for plain tags.
        texts: Original text of each sentence, or `None` if unknown.
        places: Source of each sentence, such as file and line, or `None` if unknown.
        raw: Counts of the predictions for each original text, which the model tokenised itself. `None` if the counts
            were not computed.

    Raises:
        DataError: If the attributes have different lengths.
    """

    words: list[list[str]]
    gold: Tags
    predicted: Tags
    known: list[list[bool]]
    probabilities: list[list[float]]
    spans: list[list[ScoredSpan]]
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
            "gold tags": self.gold,
            "predicted tags": self.predicted,
            "flags of known words": self.known,
            "probabilities": self.probabilities,
            **{f"tags of {name}": tags for name, tags in self.baselines.items()},
            **{f"{name} lower tags": tags for name, tags in lower.items()},
        }
        lengths = [len(row) for row in self.words]
        for name, rows in parts.items():
            if [len(row) for row in rows] != lengths:
                raise DataError(
                    f"`TaggedSplit` needs {name} for each of its {sum(lengths)} words; some sentences differ."
                )
        per_text: dict[str, list[Any] | None] = {
            "spans": self.spans,
            "log losses": self.log_losses,
            "seen spans": self.seen,
            "counts of raw texts": self.raw,
            "places": self.places,
            "labels": self.utterances.gold if self.utterances else None,
            "predicted labels": self.utterances.predicted if self.utterances else None,
        }
        for name, values in per_text.items():
            if values is not None and len(values) != len(self.words):
                raise DataError(f"`TaggedSplit` needs {name} for each of {len(self.words)} texts; got {len(values)}.")

    @property
    def log_loss(self) -> float | None:
        """Mean log loss of the gold tags, in nats per word, over all sentences whose log loss is known.

        The mean is `None` if the log loss is unknown for all sentences, and 0 for an empty split.
        """
        rows = [row for row, loss in enumerate(self.log_losses) if loss is not None]
        if not rows and len(self):
            return None
        return sum(self.log_losses[row] or 0.0 for row in rows) / max(1, sum(len(self.words[row]) for row in rows))

    def apply_threshold(self, threshold: float) -> "TaggedSplit":
        """Return a copy in which spans below a minimum probability are removed and their words are tagged O.

        If a word loses its tag, the probability of O becomes 1 minus the probability of that tag. `raw` becomes `None`,
        because the probabilities of the spans in the original texts are not stored.

        Args:
            threshold: Minimum probability of a span, in [0, 1].
        """
        predicted, probabilities = [list(row) for row in self.predicted], [list(row) for row in self.probabilities]
        for row, spans in enumerate(self.spans):
            for place in (place for span in spans if span.probability < threshold for place in range(*span[:2])):
                predicted[row][place], probabilities[row][place] = OUTSIDE, 1 - probabilities[row][place]
        kept = [[span for span in row if span.probability >= threshold] for row in self.spans]
        return replace(self, predicted=predicted, probabilities=probabilities, spans=kept, raw=None)

    def __len__(self) -> int:
        return len(self.words)


@dataclass(frozen=True, kw_only=True)
class TagReportInput(RunFacts):
    """The complete input from which a tagger's report is computed.

    Attributes:
        kinds: Span labels that the model can predict, or an empty tuple for plain tags.
        tags: Tags that the model can predict.
        splits: Existing splits by name ("dev", "test"). The last split with words is reported in detail.
    """

    kinds: tuple[str, ...]
    tags: tuple[str, ...]
    splits: dict[str, TaggedSplit]

    @property
    def reported(self) -> str | None:
        """Name of the split that is reported in detail, or `None` if no split has words."""
        names = [name for name, split in self.splits.items() if any(split.words)]
        return names[-1] if names else None
