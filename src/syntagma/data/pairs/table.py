"""Tables of pairs of texts."""

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass, field
from typing import ClassVar

from syntagma.data.tables.table import PER_ROW, Table


@dataclass(frozen=True, repr=False)
class PairTable(Table):
    """A table with a source text and, optionally, a target text per row. See `Table` for the other arguments.

    Args:
        sources: Source text of each row, which a model reads.
        targets: Target text of each row, which a model learns to write. `None` if the rows have no targets.

    Example:
        >>> table = PairTable(["one", "two", "three"], ["eins", "zwei", "drei"])
        >>> table.select([2, 0]).targets
        ['drei', 'eins']
    """

    ROWS: ClassVar[str] = "pairs"
    ROLE: ClassVar[str] = "source"

    sources: list[str] = field(metadata=PER_ROW)
    targets: list[str] | None = field(default=None, metadata=PER_ROW)
    _: KW_ONLY
    source: str = "pairs"

    def __len__(self) -> int:
        return len(self.sources)

    @property
    def keys(self) -> Sequence[str]:
        """Source of each row. Pairs with equal sources count as equal, so that all of them stay in one split."""
        return self.sources

    def common_property(self) -> str | None:
        """Return "without a source" if all sources are blank, "equal in their source" if all are equal, or `None`.

        Sources that differ only in outer white space count as equal.
        """
        if len({text.strip() for text in self.sources}) != 1:
            return None
        return "equal in their source" if self.sources[0].strip() else "without a source"
