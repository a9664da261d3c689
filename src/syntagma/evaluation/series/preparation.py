"""Interpolation of missing values in series, and standardisation with the statistics of the training rows."""

from typing import NamedTuple, Self

import numpy as np

from syntagma.shapes import AnyArray, FloatArray

# A standard deviation below this share of the largest absolute value is treated as rounding error.
_ROUNDING = 1e-9


def interpolate(series: FloatArray) -> AnyArray:
    """Interpolate missing values linearly within each channel.

    Missing values at the start or end of a channel are set to the nearest known value of the channel.

    Args:
        series: Values of shape (T, D). NaN and infinity count as missing.

    Returns:
        Interpolated copy, float64 of shape (T, D), or (1, D) if T is 0. A channel without any known value is all NaN.

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
    """Column means and standard deviations for standardising values.

    Attributes:
        mean: Mean of each column, of shape (columns,).
        spread: Standard deviation of each column, of shape (columns,). It is 0 for a column that is constant or has no
            known values.
    """

    mean: AnyArray
    spread: AnyArray

    @classmethod
    def fit(cls, values: AnyArray) -> Self:
        """Compute the mean and standard deviation of each column.

        Args:
            values: Training rows, float64 of shape (rows, columns). Missing values, marked with NaN, are ignored.
        """
        known = np.isfinite(values)
        count = np.maximum(known.sum(axis=0), 1)
        mean = np.where(known, values, 0).sum(axis=0) / count
        deviations = np.where(known, values - mean, 0)
        spread = np.sqrt((deviations**2).sum(axis=0) / count)
        largest = np.abs(np.where(known, values, 0)).max(axis=0, initial=0)
        return cls(mean, np.where(spread > _ROUNDING * largest, spread, 0))

    def apply(self, values: AnyArray) -> AnyArray:
        """Standardise columns. Missing values, and all values in columns that were constant during `fit`, become 0.

        Args:
            values: Rows to standardise, float64 of shape (rows, columns).
        """
        scaled = (values - self.mean) / np.where(self.spread > 0, self.spread, np.inf)
        return np.nan_to_num(scaled, nan=0.0)
