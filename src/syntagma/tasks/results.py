"""What every task gives back: records that can show themselves."""

import html
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from syntagma.wording import escape_control


@dataclass(frozen=True, repr=False)
class Scored:
    """Scores that show themselves.

    Attributes:
        scores: Figures by name.
    """

    scores: dict[str, Any]

    @property
    def accuracy(self) -> float:
        """Share of what is right: of words, or of rows with the right label (or all the right labels)."""
        return float(self.scores["accuracy"])

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, ready for JSON."""
        return self.scores

    def to_text(self) -> str:
        """Return a table to read."""
        raise NotImplementedError

    def __str__(self) -> str:
        return self.to_text()

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(self.to_text())}</pre>"


class Shown(Protocol):
    """A result that can be read or kept as JSON: a comparison, a description."""

    def to_text(self) -> str:
        """Return it as text to read."""
        ...

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, ready for JSON."""
        ...


def figures_table(rows: Mapping[str, Mapping[str, Any]], heading: str, count: str) -> list[str]:
    """Return the lines of a table with precision, recall, F1 and a number of rows by name."""
    names = [escape_control(name) for name in rows]
    width = max([5, *map(len, names)])
    lines = [f"{heading:<{width}}  precision  recall      F1  {count:>{max(6, len(count) + 1)}}"]
    for name, row in zip(names, rows.values(), strict=True):
        figures = f"{row['precision']:9.4f}  {row['recall']:6.4f}  {row['f1']:6.4f}"
        lines.append(f"{name:<{width}}  {figures}  {row[count]:{max(6, len(count) + 1)},}")
    return lines
