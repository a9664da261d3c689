"""Results of classifiers: predictions for single rows, and scores on labelled rows."""

import html
from dataclasses import asdict, dataclass
from typing import Any

from syntagma.tasks.results import BaseEvaluation, figures_table
from syntagma.wording import join_names

_SHOWN = 8


@dataclass(frozen=True)
class Annotation:
    """Prediction for one row, with the probabilities of all labels. Notebooks display it as a bar chart.

    Attributes:
        text: Input text, or a short description of a row that is not text.
        label: Predicted label, or a tuple of labels if rows may have several.
        probability: Probability of the predicted label, 0 to 1. If several labels are predicted, this is the lowest of
            their probabilities. If no label is predicted, it is 1 minus the highest probability of any label.
        scores: Dictionary that maps every label to its probability, most probable label first.
        truncated: Whether the row was truncated because it exceeds the maximum length that the network reads.
    """

    text: str
    label: Any
    probability: float
    scores: dict[Any, float]
    truncated: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Return the annotation as a dictionary. Labels keep their type."""
        return asdict(self)

    def _repr_html_(self) -> str:
        bars = "".join(
            f"<tr><td>{html.escape(str(name))}</td><td><progress max='1' value='{score:.4f}'></progress></td>"
            f"<td>{score:.3f}</td></tr>"
            for name, score in list(self.scores.items())[:5]
        )
        return f"<div><p>{html.escape(self.text[:500])}</p><table>{bars}</table></div>"


@dataclass(frozen=True, repr=False)
class Evaluation(BaseEvaluation):
    """Scores of a classifier on labelled rows. `print` shows the scores as a table.

    Attributes:
        scores: Dictionary with `rows` (number of rows), `accuracy`, `macro_f1`, `log_loss`, `per_class` (precision,
            recall, F1 and number of rows of each class), `never_predicted` (list of labels), and `micro_f1` if rows may
            have several labels.
        rows_name: Plural name of the rows, such as "texts".
    """

    rows_name: str = "texts"

    @property
    def macro_f1(self) -> float:
        """Mean of the F1 scores of all classes, 0 to 1."""
        return float(self.scores["macro_f1"])

    def to_text(self) -> str:
        """Return the scores as a text table, with one line per class."""
        several = "micro_f1" in self.scores
        micro = f"micro F1 {self.scores['micro_f1']:.4f}   " if several else ""
        lines = [
            f"{self.scores['rows']:,} {self.rows_name}   "
            f"{'all labels correct' if several else 'accuracy'} {self.accuracy:.4f}   "
            f"{micro}macro F1 {self.macro_f1:.4f}   log loss {self.scores['log_loss']:.4f}",
            *figures_table(self.scores["per_class"], "class", "rows"),
        ]
        return "\n".join([*lines, *filter(None, [self._never_predicted()])])

    def _never_predicted(self) -> str:
        """Return a warning about labels that are never predicted, or "" if every label is predicted."""
        never = self.scores.get("never_predicted", [])
        if not never:
            return ""
        names = join_names(map(repr, never), _SHOWN)
        others = [
            name for name in self.scores["per_class"] if name not in never and self.scores["per_class"][name]["rows"]
        ]
        if len(others) == 1 and "micro_f1" not in self.scores:
            return f"All {self.rows_name} are predicted as {others[0]!r}; never predicted: {names}."
        return f"Never predicted: {names}."

    def __repr__(self) -> str:
        return f"Evaluation(rows={self.scores['rows']}, accuracy={self.accuracy:.4f}, macro_f1={self.macro_f1:.4f})"
