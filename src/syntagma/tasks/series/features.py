"""Series to the numbers that a network reads: normalised, with missing values marked."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np

from syntagma.errors import BundleError, DataError
from syntagma.shapes import FloatArray
from syntagma.text.ragged import Ragged

Normalise = Literal["train", "series", "none"]

_KEYS = {"channels", "means", "deviations", "normalise", "marks_missing"}
_MOST_CHANNELS = 10_000
# The least deviation that a channel may be divided by, in units of its largest value.
_LEAST = 1e-6


@dataclass(frozen=True)
class SeriesFeatures:
    """What training learned about the channels of series.

    Args:
        channels: Names of the D channels.
        means: Mean of each channel over all observed values of train.
        deviations: Standard deviation of each; 0 for a channel that was constant in train. Normalised, such a
            channel is 0 everywhere: what another value means was never seen.
        normalise: Whether values are normalised with these, with the mean and deviation of each series, or not at all.
        marks_missing: Whether each channel has another one that says where its value is missing; a missing value
            itself is 0 after normalisation.
    """

    channels: tuple[str, ...]
    means: tuple[float, ...]
    deviations: tuple[float, ...]
    normalise: Normalise = "train"
    marks_missing: bool = False

    @classmethod
    def train(cls, series: Sequence[FloatArray], channels: Sequence[str], normalise: Normalise) -> Self:
        """Learn from training series, each (T, D).

        Raises:
            DataError: A channel has no value at all.
        """
        values = np.concatenate(series).astype(np.float64)
        missing = np.isnan(values)
        if missing.all(axis=0).any():
            name = channels[int(np.flatnonzero(missing.all(axis=0))[0])]
            raise DataError(f"the channel {name!r} has no value in any training series; leave it out.")
        means, deviations = np.nanmean(values, axis=0), np.nanstd(values, axis=0)
        deviations[deviations <= _LEAST * np.nanmax(np.abs(values), axis=0)] = 0.0
        return cls(tuple(channels), tuple(means.tolist()), tuple(deviations.tolist()), normalise, bool(missing.any()))

    @property
    def width(self) -> int:
        """Number of values per step that the network reads."""
        return len(self.channels) * (2 if self.marks_missing else 1)

    @property
    def constant(self) -> list[str]:
        """Names of the channels that say nothing: they had one value in train."""
        return [name for name, one in zip(self.channels, self.deviations, strict=True) if one == 0]

    def encode(self, series: Sequence[FloatArray], channels: Sequence[str], source: str) -> Ragged:
        """Return normalised series as one ragged array, float32 (total, width).

        Args:
            series: Series (T, D).
            channels: Names of their channels.
            source: Origin of the series, for messages.

        Raises:
            DataError: They have not the number of channels that training had.
        """
        if len(series) and len(channels) != len(self.channels):
            raise DataError(
                f"{source}: the model was trained on {len(self.channels)} channels ({_shown(self.channels)}); these "
                f"series have {len(channels)} ({_shown(channels)}). Give the same channels in the same order."
            )
        lengths = np.array([len(one) for one in series], np.int64)
        if not len(series):
            return Ragged.from_lengths(np.zeros((0, self.width), np.float32), lengths)
        values = np.concatenate([self._normalised(one) for one in series])
        missing = np.isnan(values)
        values[missing] = 0.0
        parts = [values, missing.astype(np.float32)] if self.marks_missing else [values]
        return Ragged.from_lengths(np.concatenate(parts, axis=1).astype(np.float32), lengths)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, for JSON."""
        return {
            "channels": list(self.channels),
            "means": list(self.means),
            "deviations": list(self.deviations),
            "normalise": self.normalise,
            "marks_missing": self.marks_missing,
        }

    @classmethod
    def from_dict(cls, values: Any) -> Self:
        """Restore from `to_dict`.

        Raises:
            BundleError: The values were not written by `to_dict`.
        """
        if not isinstance(values, dict) or set(values) != _KEYS:
            raise BundleError(f"must have exactly the keys {', '.join(sorted(_KEYS))}; the file was changed.")
        channels, means, deviations = (values[name] for name in ("channels", "means", "deviations"))
        _check_names(channels)
        for numbers in (means, deviations):
            if not isinstance(numbers, list) or len(numbers) != len(channels) or not all(map(_is_number, numbers)):
                raise BundleError(f"needs a finite number for each of {len(channels)} channels; the file was changed.")
        if min(deviations) < 0:
            raise BundleError("deviations must not be negative; the file was changed.")
        normalise, marks = values["normalise"], values["marks_missing"]
        if normalise not in ("train", "series", "none") or type(marks) is not bool:
            raise BundleError("normalise or marks_missing is none of ours; the file was changed.")
        return cls(tuple(channels), tuple(map(float, means)), tuple(map(float, deviations)), normalise, marks)

    def _normalised(self, one: FloatArray) -> Any:
        values = one.astype(np.float64)
        if self.normalise == "none":
            return values
        if self.normalise == "train":
            return _standardised(values, np.array(self.means), np.array(self.deviations))
        counts = np.maximum((~np.isnan(values)).sum(axis=0), 1)
        means = np.nansum(values, axis=0) / counts
        deviations = np.sqrt(np.nansum((values - means) ** 2, axis=0) / counts)
        largest = np.abs(np.nan_to_num(values)).max(axis=0)
        return _standardised(values, means, np.where(deviations <= _LEAST * largest, 0.0, deviations))


def _standardised(values: Any, means: Any, deviations: Any) -> Any:
    """Return values (T, D) of mean 0 and deviation 1; 0 where the deviation is 0, NaN where a value is missing."""
    return (values - means) * np.divide(1, deviations, out=np.zeros_like(deviations), where=deviations > 0)


def _shown(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + (" ..." if len(names) > 5 else "")


def _check_names(channels: Any) -> None:
    if not isinstance(channels, list) or not 1 <= len(channels) <= _MOST_CHANNELS:
        raise BundleError(f"channels must be a list of 1 to {_MOST_CHANNELS:,} names; the file was changed.")
    if not all(isinstance(name, str) for name in channels):
        raise BundleError("the names of channels must be strings; the file was changed.")


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and bool(np.isfinite(value))
