"""What the data decide about a model."""

from typing import NamedTuple


class ModelSpec(NamedTuple):
    """Sizes that come from the data, not from the recipe.

    Attributes:
        vocabulary_size: V, number of token ids.
        ngram_size: Number of n-gram ids, 0 where there are none.
        outputs: K, number of logits: 1 for two classes, else one a class or label.
        time: T where every batch has the same, else `None`.
        losses: Number of losses of a text that are averaged: K where it may have several labels, else 1.
    """

    vocabulary_size: int
    ngram_size: int
    outputs: int
    time: int | None = None
    losses: int = 1
