"""The encoded rows of a split."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from syntagma.shapes import AnyArray, LongArray
from syntagma.text.ngrams import CountedNgrams
from syntagma.text.ragged import Ragged


@dataclass(frozen=True)
class Rows:
    """The rows of a split as numbers: the sequences that a network reads, and named arrays of other values.

    Attributes:
        tokens: Token ids of all rows, with flat values of shape (total,), or vectors per step, with flat values of
            shape (total, D).
        bags: Unordered features of each row with their counts, keyed by a name such as "ngram".
        per_row: Values per row, keyed by a name such as "labels" or "weights" (weights in the loss). Each array has
            shape (rows,) or (rows, K).
        per_token: Tags and other integer inputs per token, keyed by name. Each array has shape (total,) or (total, C),
            in the order of `tokens.values`. The value 0 marks a token without a value.
        reads: Name of the model input that receives the tokens.
        others: Further sequences of token ids with their own lengths, keyed by name, such as the target texts of pairs.
    """

    tokens: Ragged
    bags: Mapping[str, CountedNgrams] = field(default_factory=dict)
    per_row: Mapping[str, AnyArray] = field(default_factory=dict)
    per_token: Mapping[str, AnyArray] = field(default_factory=dict)
    reads: str = "tokens"
    others: Mapping[str, Ragged] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """Number of rows."""
        return self.tokens.rows

    def select(self, rows: LongArray) -> "Rows":
        """Return the rows with the given numbers, in the given order."""
        return Rows(
            tokens=self.tokens.select(rows),
            bags={name: bag.select(rows) for name, bag in self.bags.items()},
            per_row={name: values[rows] for name, values in self.per_row.items()},
            per_token={name: self._select_tokens(values, rows) for name, values in self.per_token.items()},
            reads=self.reads,
            others={name: sequences.select(rows) for name, sequences in self.others.items()},
        )

    def _select_tokens(self, values: AnyArray, rows: LongArray) -> AnyArray:
        places = Ragged(np.arange(len(values), dtype=np.int32), self.tokens.offsets)
        return values[places.select(rows).values]
