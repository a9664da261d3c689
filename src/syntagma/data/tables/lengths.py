"""Distribution of the lengths of rows: texts, sentences or series."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Lengths:
    """A distribution of lengths; every number but the mean is the length of one of the texts."""

    min: int
    lower_quartile: int
    median: int
    upper_quartile: int
    percentile_95: int
    max: int
    mean: float

    @classmethod
    def of(cls, lengths: list[int]) -> "Lengths":
        """The distribution of at least one length."""
        shares = [0, 0.25, 0.5, 0.75, 0.95, 1]
        least, lower, median, upper, high, most = map(int, np.quantile(lengths, shares, method="inverted_cdf"))
        return cls(least, lower, median, upper, high, most, mean=round(float(np.mean(lengths)), 1))
