"""What a tagger gives back: plain records that can show themselves."""

import html
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from syntagma.tasks.results import BaseEvaluation, figures_table

_COLOURS = ("#cfe8ff", "#ffe3c2", "#d8f5d0", "#f6d5f7", "#fff3b0", "#ffd6d6", "#d9d9f3")


@dataclass(frozen=True)
class FoundSpan:
    """A span of a text.

    Attributes:
        start: Where it begins, in characters.
        end: Where it ends (not included); `text[start:end]` is the span.
        label: Its kind.
        text: As it stands there.
        probability: That exactly this is a span of this kind.
    """

    start: int
    end: int
    label: str
    text: str
    probability: float


@dataclass(frozen=True)
class FoundTag:
    """A word with its tag.

    Attributes:
        start: Where the word begins, in characters.
        end: Where it ends (not included).
        text: The word.
        tag: Its tag.
        probability: Of the tag at this word.
        lower: Its tag of the lower layer, where the model gives one.
    """

    start: int
    end: int
    text: str
    tag: str
    probability: float
    lower: str | None = None


@dataclass(frozen=True)
class Tagging:
    """One way to tag a text.

    Attributes:
        tags: Of its words.
        probability: Of all of them together.
    """

    tags: tuple[str, ...]
    probability: float


@dataclass(frozen=True)
class TaggedText:
    """The result for one text.

    Attributes:
        text: As it was given, or the words joined by spaces.
        words: Every word with its tag.
        spans: The spans, where tags spell them.
        has_plain_tags: Whether tags spell no spans, such as parts of speech.
        label: Of the whole text, where the model gives one.
        label_probability: Of that label.
        taggings: The likeliest ways to tag the whole text, where several were asked for.
    """

    text: str
    words: tuple[FoundTag, ...]
    spans: tuple[FoundSpan, ...]
    has_plain_tags: bool = False
    label: str | None = None
    label_probability: float | None = None
    taggings: tuple[Tagging, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return asdict(self)

    def labels(self) -> set[str]:
        """Of its spans, or its plain tags."""
        return {word.tag for word in self.words} if self.has_plain_tags else {span.label for span in self.spans}

    def to_html(self, labels: Iterable[str] = ()) -> str:
        """A paragraph with its spans, or words, marked in the colours of their labels.

        Args:
            labels: All that there are, so that several texts have the same colours.
        """
        marked = [(span.start, span.end, span.label, span.probability) for span in self.spans]
        if self.has_plain_tags:
            marked = [(word.start, word.end, word.tag, word.probability) for word in self.words]
        names = sorted({*labels, *(one[2] for one in marked)})
        colour = {label: _COLOURS[n % len(_COLOURS)] for n, label in enumerate(names)}
        parts, place = [], 0
        for start, end, label, probability in marked:
            parts.append(html.escape(self.text[place:start]))
            parts.append(
                f'<mark style="background:{colour[label]};color:#000" title="{probability:.3f}">'
                f"{html.escape(self.text[start:end])} <small>{html.escape(label)}</small></mark>"
            )
            place = end
        label = "" if self.label is None else f"<strong>{html.escape(self.label)}</strong> "
        return f'<p style="white-space:pre-wrap">{label}{"".join(parts)}{html.escape(self.text[place:])}</p>'

    def _repr_html_(self) -> str:
        return self.to_html()


@dataclass(frozen=True, repr=False)
class TaggingEvaluation(BaseEvaluation):
    """Scores on tagged texts, as `tagging_scores` gives them, and `log_loss` per word."""

    @property
    def span_f1(self) -> float | None:
        """F1 of the spans, right with both borders and the kind only; `None` where tags spell none."""
        return self.scores.get("span_f1")

    def to_text(self) -> str:
        """A table to read."""
        scores = self.scores
        first = f"{scores['rows']:,} texts   {scores['words']:,} words   accuracy {self.accuracy:.4f}"
        if scores["unknown_accuracy"] is not None:
            first += f"   unseen words {scores['unknown_accuracy']:.4f}"
        lines = [f"{first}   whole sentences {scores['sentence_accuracy']:.4f}"]
        if "span_f1" in scores:
            figures = "   ".join(f"{name} {scores[f'span_{name}']:.4f}" for name in ("precision", "recall"))
            lines.append(f"spans: {figures}   F1 {scores['span_f1']:.4f}   macro F1 {scores['macro_span_f1']:.4f}")
            lines.append(
                f"partly right spans: of the same kind F1 {scores['overlap_f1']:.4f}   by borders alone F1 "
                f"{scores['partial_f1']:.4f}"
            )
        raw = {"raw_span_f1": "span F1", "raw_accuracy": "accuracy"}
        lines += [f"the same as raw text: {title} {scores[name]:.4f}" for name, title in raw.items() if name in scores]
        if "utterance_accuracy" in scores:
            lines.append(
                f"labels of texts: accuracy {scores['utterance_accuracy']:.4f}   macro F1 "
                f"{scores['utterance_macro_f1']:.4f}   label and all tags right {scores['frame_accuracy']:.4f}"
            )
        if "lower_accuracy" in scores:
            lines.append(f"tags of the lower layer: accuracy {scores['lower_accuracy']:.4f}")
        rows, count = (scores["per_kind"], "spans") if "per_kind" in scores else (scores["per_tag"], "words")
        lines += figures_table(rows, "", count)
        return "\n".join(lines)

    def __repr__(self) -> str:
        spans = "" if self.span_f1 is None else f", span_f1={self.span_f1:.4f}"
        return f"TaggingEvaluation(rows={self.scores['rows']}, accuracy={self.accuracy:.4f}{spans})"
