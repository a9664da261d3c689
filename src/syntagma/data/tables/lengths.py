"""Summary statistics of the lengths of texts, sentences or series."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Lengths:
    """Summary statistics of the lengths of rows. Each quantile is the length of an actual row, never interpolated."""

    min: int
    lower_quartile: int
    median: int
    upper_quartile: int
    percentile_95: int
    max: int
    mean: float

    @classmethod
    def summarise(cls, lengths: list[int]) -> "Lengths":
        """Compute the statistics of a nonempty list of lengths."""
        shares = [0, 0.25, 0.5, 0.75, 0.95, 1]
        least, lower, median, upper, high, most = map(int, np.quantile(lengths, shares, method="inverted_cdf"))
        return cls(least, lower, median, upper, high, most, mean=round(float(np.mean(lengths)), 1))
