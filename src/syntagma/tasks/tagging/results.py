"""Results of taggers: predicted tags and spans, and scores on tagged texts."""

import html
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from syntagma.tasks.results import BaseEvaluation, figures_table

_COLOURS = ("#cfe8ff", "#ffe3c2", "#d8f5d0", "#f6d5f7", "#fff3b0", "#ffd6d6", "#d9d9f3")


@dataclass(frozen=True)
class PredictedSpan:
    """A predicted span of a text, such as a named entity.

    Attributes:
        start: Position of the span's first character in the text.
        end: Position after the span's last character, so that `text[start:end]` is the span.
        label: Label of the span, such as "place".
        text: Characters of the span.
        probability: Probability that a span has exactly these boundaries and this label, 0 to 1.
    """

    start: int
    end: int
    label: str
    text: str
    probability: float


@dataclass(frozen=True)
class PredictedTag:
    """A word with its predicted tag.

    Attributes:
        start: Position of the word's first character in the text.
        end: Position after the word's last character.
        text: Characters of the word.
        tag: Predicted tag.
        probability: Probability of the tag at this word, 0 to 1.
        lower: Predicted auxiliary tag, or `None` if the model does not predict auxiliary tags.
    """

    start: int
    end: int
    text: str
    tag: str
    probability: float
    lower: str | None = None


@dataclass(frozen=True)
class Tagging:
    """One of the most probable tag sequences of a text (n-best list).

    Attributes:
        tags: Tag of each word.
        probability: Probability of the whole sequence, 0 to 1.
    """

    tags: tuple[str, ...]
    probability: float


@dataclass(frozen=True)
class TaggedText:
    """Prediction for one text, with its words, tags and spans. Notebooks display it with coloured spans.

    Attributes:
        text: Input text, or the input words joined by spaces.
        words: Words with their tags.
        spans: Predicted spans in the order of the text; empty for plain tags.
        has_plain_tags: Whether tags are plain, such as parts of speech, rather than representing spans.
        label: Predicted label of the whole text, or `None` if the model does not predict such labels.
        label_probability: Probability of `label`, 0 to 1, or `None` if there is no label.
        taggings: Most probable tag sequences, best first; empty unless several were requested with `n_best`.
    """

    text: str
    words: tuple[PredictedTag, ...]
    spans: tuple[PredictedSpan, ...]
    has_plain_tags: bool = False
    label: str | None = None
    label_probability: float | None = None
    taggings: tuple[Tagging, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the prediction as plain values that can be written as JSON."""
        return asdict(self)

    def labels(self) -> set[str]:
        """Return the set of span labels, or of plain tags, in the text."""
        return {word.tag for word in self.words} if self.has_plain_tags else {span.label for span in self.spans}

    def to_html(self, labels: Iterable[str] = ()) -> str:
        """Return an HTML paragraph with the spans, or the words with plain tags, highlighted by label.

        Args:
            labels: All labels that may occur. Pass the same labels for several texts to use the same colours in them.
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
    """Scores of a tagger on tagged texts. `print` shows the scores as a table.

    Attributes:
        scores: Dictionary of scores, including `accuracy` (token-level) and `log_loss` (per word, in nats). If tags
            represent spans, `span_precision`, `span_recall` and `span_f1` are included as well.
    """

    @property
    def span_f1(self) -> float | None:
        """F1 of the predicted spans, 0 to 1, or `None` for plain tags.

        A span is correct if both of its boundaries and its label are correct.
        """
        return self.scores.get("span_f1")

    def to_text(self) -> str:
        """Return the scores as a text table, with one line per span label or plain tag."""
        scores = self.scores
        first = f"{scores['rows']:,} texts   {scores['words']:,} words   accuracy {self.accuracy:.4f}"
        if scores["unknown_accuracy"] is not None:
            first += f"   unseen words {scores['unknown_accuracy']:.4f}"
        lines = [f"{first}   whole sentences {scores['sentence_accuracy']:.4f}"]
        if "span_f1" in scores:
            figures = "   ".join(f"{name} {scores[f'span_{name}']:.4f}" for name in ("precision", "recall"))
            lines.append(f"spans: {figures}   F1 {scores['span_f1']:.4f}   macro F1 {scores['macro_span_f1']:.4f}")
            lines.append(
                f"partial credit for spans: same label F1 {scores['overlap_f1']:.4f}   boundaries only F1 "
                f"{scores['partial_f1']:.4f}"
            )
        raw = {"raw_span_f1": "span F1", "raw_accuracy": "accuracy"}
        lines += [f"from raw text: {title} {scores[name]:.4f}" for name, title in raw.items() if name in scores]
        if "utterance_accuracy" in scores:
            lines.append(
                f"labels of texts: accuracy {scores['utterance_accuracy']:.4f}   macro F1 "
                f"{scores['utterance_macro_f1']:.4f}   label and all tags correct {scores['frame_accuracy']:.4f}"
            )
        if "lower_accuracy" in scores:
            lines.append(f"tags of the lower layer: accuracy {scores['lower_accuracy']:.4f}")
        rows, count = (scores["per_kind"], "spans") if "per_kind" in scores else (scores["per_tag"], "words")
        lines += figures_table(rows, "", count)
        return "\n".join(lines)

    def __repr__(self) -> str:
        spans = "" if self.span_f1 is None else f", span_f1={self.span_f1:.4f}"
        return f"TaggingEvaluation(rows={self.scores['rows']}, accuracy={self.accuracy:.4f}{spans})"
