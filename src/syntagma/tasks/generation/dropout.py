"""Training rows that are divided into different subwords in each epoch."""

import numpy as np

from syntagma.data.batching.rows import Rows
from syntagma.data.pairs.table import PairTable
from syntagma.tasks.generation import preparation
from syntagma.tasks.generation.recipe import GenerationRecipe
from syntagma.tasks.generation.vocabularies import PairVocabularies
from syntagma.text.bpe_dropout import DroppedSegmentations


class DroppedRows:
    """Function that encodes the training rows for an epoch, with BPE dropout.

    A pair that becomes longer than any pair without dropout is encoded without dropout.

    Args:
        table: Training pairs, in the order of `plain`.
        plain: The same pairs, encoded without dropout.
        vocabularies: Vocabularies.
        recipe: Recipe of the model.
        seed: Seed of the dropout.
    """

    def __init__(
        self, table: PairTable, plain: Rows, vocabularies: PairVocabularies, recipe: GenerationRecipe, seed: int
    ):
        rate = recipe.text.dropout
        self._table, self._plain, self._vocabularies, self._recipe = table, plain, vocabularies, recipe
        self._source = DroppedSegmentations(vocabularies.source, rate, seed)
        self._target = DroppedSegmentations(vocabularies.target, rate, seed)

    def __call__(self, epoch: int) -> Rows:
        """Return the encoded rows of an epoch."""
        sources = self._source.encode_many(self._table.sources, epoch)
        targets = self._target.encode_many(self._table.targets or [], epoch)
        copies = self._recipe.model.copy_words
        weights = self._plain.per_row.get("weights")
        rows, _ = preparation.encode_pairs(self._vocabularies, sources, targets, copies=copies, weights=weights)
        longest = (int(one.lengths.max()) for one in (self._plain.tokens, self._plain.others["targets"]))
        fits = preparation.are_short(rows, *longest)
        return rows if fits.all() else preparation.replace_rows(rows, self._plain, np.flatnonzero(~fits))
