"""Two runs on the same rows: is one better?"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from syntagma.evaluation.figures import LEVEL
from syntagma.wording import metric_title


@dataclass(frozen=True)
class RunComparison:
    """The difference between two runs, which are named by their folders, on the rows that both were scored on.

    Each of `figures`, by name, has `first` (that of the first run), `difference` (first minus second), `interval`,
    `p_value` and `test`; the first figure decides. The lines `more` come between the figures and the sentence.
    """

    names: tuple[str, str]
    rows: int
    rows_name: str
    figures: Mapping[str, Mapping[str, Any]]
    more: tuple[str, ...] = ()

    def to_text(self) -> str:
        """Return the figures with their tests, and a sentence."""
        lines = [f"{self.rows:,} {self.rows_name}, {self.names[0]} against {self.names[1]}"]
        for name, found in self.figures.items():
            gap, (low, high) = found["difference"], found["interval"]
            lines.append(
                f"{metric_title(name)}  {found['first']:.4f} against {found['first'] - gap:.4f}: {gap:+.4f} "
                f"(95 % interval {low:+.4f} to {high:+.4f}), p = {found['p_value']:.3g} ({found['test']})"
            )
        return "\n".join([*lines, *self.more, self.sentence()])

    def sentence(self) -> str:
        """Return what the test on the first figure says."""
        name, found = next(iter(self.figures.items()))
        if found["p_value"] >= LEVEL:
            return f"No difference in {metric_title(name)} that this test can show."
        better = self.names[0] if found["difference"] > 0 else self.names[1]
        return f"{better} is better in {metric_title(name)}."

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, ready for JSON."""
        figures = {name: dict(found) for name, found in self.figures.items()}
        return {"runs": list(self.names), "rows": self.rows, **figures, "sentence": self.sentence()}
