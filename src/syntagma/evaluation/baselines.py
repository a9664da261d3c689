"""Container for a baseline's predictions, titles of classification baselines, and the most-frequent-label baseline."""

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
    """A trained classification baseline, represented by its predictions.

    Attributes:
        name: Key of the baseline in `TITLES`.
        probabilities: Predicted probabilities by split, each float32 of shape (rows, K).
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
    """Return the baseline that predicts the label frequencies of the training rows as the probabilities of every row.

    The predicted label is therefore always the most frequent label. For multilabel data and a threshold of 0.5, the
    predicted labels are all labels that occur in at least half of the training rows. Frequencies use add-one smoothing,
    which gives `(count + 1) / (rows + K)`, or `(count + 1) / (rows + 2)` for each label of multilabel data.

    Args:
        gold: Gold labels of the training rows: class indices of shape (rows,), or 0/1 of shape (rows, K) for
            multilabel data.
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
