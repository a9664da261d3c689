"""Result of a trained baseline, titles of all classification baselines, and the most-frequent-label baseline."""

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
    """Predictions of a trained baseline.

    Attributes:
        name: Key of the baseline in `TITLES`.
        probabilities: Predicted probabilities by split, each float32 (rows, K).
        seconds: Time for training and prediction, in seconds.
    """

    name: str
    probabilities: Mapping[str, FloatArray]
    seconds: float

    @property
    def title(self) -> str:
        """Name of the baseline as shown in reports."""
        return TITLES[self.name]


def most_frequent_label(gold: AnyArray, classes: int, splits: Mapping[str, int]) -> Baseline:
    """Return the baseline that predicts the label frequencies of the training rows for every row.

    Its prediction is always the most frequent label or, if rows can have several labels (multilabel), all labels that
    occur in more than half of the training rows. Frequencies use add-one smoothing: `(count + 1) / (rows + K)`, or
    `(count + 1) / (rows + 2)` per label in the multilabel case.

    Args:
        gold: Gold labels of the training rows: class indices (rows,), or 0/1 (rows, K) for multilabel data.
        classes: Number of classes K.
        splits: Number of rows to predict, by split.

    Returns:
        The baseline, with the same probabilities for all rows.
    """
    counts = gold.sum(axis=0) if gold.ndim == 2 else np.bincount(gold, minlength=classes)
    # Add-one smoothing: a label that occurs only in another split keeps a non-zero probability.
    shares = (counts + 1) / (len(gold) + (2 if gold.ndim == 2 else classes))
    return Baseline(
        "most-frequent", {name: np.tile(shares.astype(np.float32), (rows, 1)) for name, rows in splits.items()}, 0.0
    )
