"""One split as numbers."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from syntagma.shapes import AnyArray, LongArray
from syntagma.text.ngrams import CountedNgrams
from syntagma.text.ragged import Ragged


@dataclass(frozen=True)
class Rows:
    """One split as numbers: what a network reads token by token, and named arrays of whatever else is known.

    Attributes:
        tokens: Token ids of each row, (total,), or a vector per step of each row, (total, D).
        bags: Unordered features of each row by name, such as "ngram".
        per_row: One value per row by name, (rows,) or (rows, K), such as "labels" and "weights" (of a row in the loss).
        per_token: One value per token by name, (total,) or (total, C), in the order of `tokens.values`: inputs beside
            the tokens (integers, 0 for none), and tags.
        reads: Name of the input that the tokens become.
    """

    tokens: Ragged
    bags: Mapping[str, CountedNgrams] = field(default_factory=dict)
    per_row: Mapping[str, AnyArray] = field(default_factory=dict)
    per_token: Mapping[str, AnyArray] = field(default_factory=dict)
    reads: str = "tokens"

    @property
    def count(self) -> int:
        """Number of rows."""
        return self.tokens.rows

    def select(self, rows: LongArray) -> "Rows":
        """Return the given rows, in the given order."""
        return Rows(
            tokens=self.tokens.select(rows),
            bags={name: bag.select(rows) for name, bag in self.bags.items()},
            per_row={name: values[rows] for name, values in self.per_row.items()},
            per_token={name: self._of_tokens(values, rows) for name, values in self.per_token.items()},
            reads=self.reads,
        )

    def _of_tokens(self, values: AnyArray, rows: LongArray) -> AnyArray:
        places = Ragged(np.arange(len(values), dtype=np.int32), self.tokens.offsets)
        return values[places.select(rows).values]
