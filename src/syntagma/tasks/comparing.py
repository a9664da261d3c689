"""The result of comparing two runs, or two settings of a model, on the same rows."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from syntagma.evaluation.figures import LEVEL
from syntagma.wording import metric_title


@dataclass(frozen=True)
class RunComparison:
    """Differences in score between two runs on the same rows, with significance tests.

    Attributes:
        names: Names of the first and the second run, such as their folders, or of two settings of one model.
        rows: Number of rows that both runs were scored on.
        rows_name: Plural name of the rows, such as "texts".
        figures: Comparison of each score, keyed by score name. A comparison has the keys `first` (score of the first
            run), `difference` (first minus second), `interval` (95 % confidence interval of the difference), `p_value`
            and `test` (name of the significance test). The first score in the dictionary decides which run is better.
        more: Further lines of text, which are shown after the scores.
    """

    names: tuple[str, str]
    rows: int
    rows_name: str
    figures: Mapping[str, Mapping[str, Any]]
    more: tuple[str, ...] = ()

    def to_text(self) -> str:
        """Return the scores, their tests and the conclusion as lines of text."""
        lines = [f"{self.rows:,} {self.rows_name}, {self.names[0]} against {self.names[1]}"]
        for name, result in self.figures.items():
            gap, (low, high) = result["difference"], result["interval"]
            lines.append(
                f"{metric_title(name)}  {result['first']:.4f} against {result['first'] - gap:.4f}: {gap:+.4f} "
                f"(95 % interval {low:+.4f} to {high:+.4f}), p = {result['p_value']:.3g} ({result['test']})"
            )
        return "\n".join([*lines, *self.more, self.sentence()])

    def sentence(self) -> str:
        """Return a sentence that says which run is better, or that the runs do not differ significantly."""
        name, result = next(iter(self.figures.items()))
        if result["p_value"] >= LEVEL:
            return f"No significant difference in {metric_title(name)}."
        better = self.names[0] if result["difference"] > 0 else self.names[1]
        return f"{better} is better in {metric_title(name)}."

    def to_dict(self) -> dict[str, Any]:
        """Return the comparison as plain values that can be written as JSON."""
        figures = {name: dict(result) for name, result in self.figures.items()}
        return {"runs": list(self.names), "rows": self.rows, **figures, "sentence": self.sentence()}
