"""The record of a finished baseline, and the titles of all baselines of classification."""

from collections.abc import Mapping
from dataclasses import dataclass

from syntagma.shapes import FloatArray

TITLES = {
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
