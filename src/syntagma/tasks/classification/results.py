"""What a task gives back: plain records that can show themselves."""

import html
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Annotation:
    """The result for one text.

    Attributes:
        text: The text as it was given.
        label: The label, or a tuple of labels where a text may have several.
        probability: The label's probability; the smallest one's where there are several, and 1 minus the largest of
            all where none is given.
        scores: Every label with its probability, the most probable first.
        truncated: Whether the network read only a part of the text, because it is longer than it reads.
    """

    text: str
    label: Any
    probability: float
    scores: dict[Any, float]
    truncated: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON but for the type of the labels."""
        return asdict(self)

    def _repr_html_(self) -> str:
        bars = "".join(
            f"<tr><td>{html.escape(str(name))}</td><td><progress max='1' value='{score:.4f}'></progress></td>"
            f"<td>{score:.3f}</td></tr>"
            for name, score in list(self.scores.items())[:5]
        )
        return f"<div><p>{html.escape(self.text[:500])}</p><table>{bars}</table></div>"


@dataclass(frozen=True, repr=False)
class Scored:
    """Scores that show themselves.

    Attributes:
        scores: By name; `accuracy` is one.
    """

    scores: dict[str, Any]

    @property
    def accuracy(self) -> float:
        """Share of what is right: of words, or of texts whose label (or all of whose labels) is."""
        return float(self.scores["accuracy"])

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return self.scores

    def to_text(self) -> str:
        """A table to read."""
        raise NotImplementedError

    def __str__(self) -> str:
        return self.to_text()

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(self.to_text())}</pre>"


@dataclass(frozen=True, repr=False)
class Evaluation(Scored):
    """Scores on labelled texts, as `syntagma.evaluation.classification.scores.classification_scores` gives them."""

    @property
    def macro_f1(self) -> float:
        """Mean F1 over the classes."""
        return float(self.scores["macro_f1"])

    def to_text(self) -> str:
        """A table to read."""
        width = max(5, *(len(name) for name in self.scores["per_class"]))
        several = "micro_f1" in self.scores
        micro = f"micro F1 {self.scores['micro_f1']:.4f}   " if several else ""
        lines = [
            f"{self.scores['rows']:,} texts   {'all labels right' if several else 'accuracy'} {self.accuracy:.4f}   "
            f"{micro}macro F1 {self.macro_f1:.4f}   log loss {self.scores['log_loss']:.4f}",
            f"{'class':<{width}}  precision  recall      F1    rows",
        ]
        for name, row in self.scores["per_class"].items():
            lines.append(
                f"{name:<{width}}  {row['precision']:9.4f}  {row['recall']:6.4f}  {row['f1']:6.4f}  {row['rows']:6,}"
            )
        return "\n".join(lines)

    def __repr__(self) -> str:
        return f"Evaluation(rows={self.scores['rows']}, accuracy={self.accuracy:.4f}, macro_f1={self.macro_f1:.4f})"
