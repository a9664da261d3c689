"""What a model that gives labels returns: plain records that can show themselves."""

import html
from dataclasses import asdict, dataclass
from typing import Any

from syntagma.tasks.results import Scored, figures_table
from syntagma.wording import join_names

_SHOWN = 8


@dataclass(frozen=True)
class Annotation:
    """The result for one row.

    Attributes:
        text: The text as it was given, or a description of a row that is not text.
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
class Evaluation(Scored):
    """Scores on labelled rows, as `classification_scores` gives them.

    Attributes:
        rows_name: Name of the rows, in the plural.
    """

    rows_name: str = "texts"

    @property
    def macro_f1(self) -> float:
        """Mean F1 over the classes."""
        return float(self.scores["macro_f1"])

    def to_text(self) -> str:
        """A table to read."""
        several = "micro_f1" in self.scores
        micro = f"micro F1 {self.scores['micro_f1']:.4f}   " if several else ""
        lines = [
            f"{self.scores['rows']:,} {self.rows_name}   "
            f"{'all labels right' if several else 'accuracy'} {self.accuracy:.4f}   "
            f"{micro}macro F1 {self.macro_f1:.4f}   log loss {self.scores['log_loss']:.4f}",
            *figures_table(self.scores["per_class"], "class", "rows"),
        ]
        return "\n".join([*lines, *filter(None, [self._never_predicted()])])

    def _never_predicted(self) -> str:
        """Return a warning about labels that the model never gives, or that it gives to all rows."""
        never = self.scores.get("never_predicted", [])
        if not never:
            return ""
        names = join_names(map(repr, never), _SHOWN)
        others = [
            name for name in self.scores["per_class"] if name not in never and self.scores["per_class"][name]["rows"]
        ]
        if len(others) == 1 and "micro_f1" not in self.scores:
            return f"All {self.rows_name} are given the label {others[0]!r}; never predicted: {names}."
        return f"Never predicted: {names}."

    def __repr__(self) -> str:
        return f"Evaluation(rows={self.scores['rows']}, accuracy={self.accuracy:.4f}, macro_f1={self.macro_f1:.4f})"
