"""Fill in the missing values of series, and standardise channels or features as measured on training rows."""

from typing import NamedTuple, Self

import numpy as np

from syntagma.shapes import AnyArray, FloatArray

# A spread below this share of the largest value is rounding.
_ROUNDING = 1e-9


def interpolate(series: FloatArray) -> AnyArray:
    """Return a series with its missing values interpolated linearly within each channel.

    Before the first known value and after the last one, that value is repeated.

    Args:
        series: Numbers (T, D); NaN and infinity are missing.

    Returns:
        float64 (T, D), or (1, D) if T is 0. A channel without any known value is NaN.

    Example:
        >>> interpolate(np.array([[np.nan, 5], [1, np.nan], [np.nan, np.nan], [3, np.nan]], np.float32)).T
        array([[1., 1., 2., 3.],
               [5., 5., 5., 5.]])
    """
    filled = np.full((max(len(series), 1), series.shape[1]), np.nan)
    steps = np.arange(len(filled))
    filled[: len(series)] = np.where(np.isfinite(series), series, np.nan)
    for channel in filled.T:
        known = np.isfinite(channel)
        if known.any():
            channel[~known] = np.interp(steps[~known], steps[known], channel[known])
    return filled


class Scale(NamedTuple):
    """Mean and standard deviation of each column; a constant or unknown column has standard deviation 0."""

    mean: AnyArray
    spread: AnyArray

    @classmethod
    def fit(cls, values: AnyArray) -> Self:
        """Measure the columns of the training rows.

        Args:
            values: float64 (rows, columns); NaN is missing.
        """
        known = np.isfinite(values)
        count = np.maximum(known.sum(axis=0), 1)
        mean = np.where(known, values, 0).sum(axis=0) / count
        deviations = np.where(known, values - mean, 0)
        spread = np.sqrt((deviations**2).sum(axis=0) / count)
        largest = np.abs(np.where(known, values, 0)).max(axis=0, initial=0)
        return cls(mean, np.where(spread > _ROUNDING * largest, spread, 0))

    def apply(self, values: AnyArray) -> AnyArray:
        """Return standardised columns, in which missing values and constant columns are 0."""
        scaled = (values - self.mean) / np.where(self.spread > 0, self.spread, np.inf)
        return np.nan_to_num(scaled, nan=0.0)
