"""The record of a finished baseline, and the titles of all baselines of classification."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from syntagma.shapes import AnyArray, FloatArray

TITLES = {
    "most-frequent": "most frequent label",
    "tf-idf": "TF-IDF + logistic regression",
    "nb-ngrams": "NB-weighted n-grams + logistic regression",
    "statistics": "summary statistics + logistic regression",
    "dtw": "nearest neighbour with dynamic time warping",
}


@dataclass(frozen=True)
class Baseline:
    """A finished baseline.

    Attributes:
        name: A key of `TITLES`.
        probabilities: float32 (rows, K) by split.
        seconds: Time to train and predict.
    """

    name: str
    probabilities: Mapping[str, FloatArray]
    seconds: float

    @property
    def title(self) -> str:
        """Return the name to show to a reader."""
        return TITLES[self.name]


def most_frequent_label(gold: AnyArray, classes: int, splits: Mapping[str, int]) -> Baseline:
    """Return the baseline that gives each row the shares of the labels among the training rows.

    It decides on the most frequent label, or, if a row may have several, on those of more than half of the rows.

    Args:
        gold: Class indices (rows,), or 0/1 (rows, K) if a row may have several labels.
        classes: K.
        splits: Number of rows to predict for, by split.
    """
    counts = gold.sum(axis=0) if gold.ndim == 2 else np.bincount(gold, minlength=classes)
    # One more than was counted, so that a label that another split alone has is not impossible.
    shares = (counts + 1) / (len(gold) + (2 if gold.ndim == 2 else classes))
    return Baseline(
        "most-frequent", {name: np.tile(shares.astype(np.float32), (rows, 1)) for name, rows in splits.items()}, 0.0
    )
