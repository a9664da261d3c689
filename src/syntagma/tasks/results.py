"""What every task gives back: records that can show themselves."""

import html
from dataclasses import dataclass
from typing import Any, Protocol


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
