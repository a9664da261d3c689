"""Normalisation of series and marking of missing values, which prepare the inputs of a network."""

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
# Smallest standard deviation that a channel is divided by, relative to its largest absolute value.
_MIN_DEVIATION = 1e-6


@dataclass(frozen=True)
class SeriesFeatures:
    """Encoder that normalises the channels of series, with statistics learned from the training series.

    Args:
        channels: Names of the D channels.
        means: Mean of each channel over all observed values of the training series.
        deviations: Standard deviation of each channel over the same values, 0 for a channel that is constant. With
            "train", the normalised values of a constant channel are 0 in all series, because training cannot show what
            other values mean.
        normalise: Type of normalisation: "train" uses `means` and `deviations`, "series" uses the mean and standard
            deviation of each series, and "none" leaves values unchanged.
        marks_missing: Whether each channel has an additional indicator channel, which is 1 at steps where the value is
            missing and 0 at others. Missing values themselves always become 0 after normalisation.
    """

    channels: tuple[str, ...]
    means: tuple[float, ...]
    deviations: tuple[float, ...]
    normalise: Normalise = "train"
    marks_missing: bool = False

    @classmethod
    def train(cls, series: Sequence[FloatArray], channels: Sequence[str], normalise: Normalise) -> Self:
        """Learn means and standard deviations from training series.

        Args:
            series: Training series, each an array of shape (T, D), with NaN for missing values.
            channels: Names of the D channels.
            normalise: Type of normalisation: "train", "series" or "none"; see the class for their meaning.

        Raises:
            DataError: If all values of a channel are missing.
        """
        values = np.concatenate(series).astype(np.float64)
        missing = np.isnan(values)
        if missing.all(axis=0).any():
            name = channels[int(np.flatnonzero(missing.all(axis=0))[0])]
            raise DataError(f"the channel {name!r} has no value in any training series; remove the channel.")
        means, deviations = np.nanmean(values, axis=0), np.nanstd(values, axis=0)
        deviations[deviations <= _MIN_DEVIATION * np.nanmax(np.abs(values), axis=0)] = 0.0
        return cls(tuple(channels), tuple(means.tolist()), tuple(deviations.tolist()), normalise, bool(missing.any()))

    @property
    def width(self) -> int:
        """Number of input values per time step: D, or 2 D with indicators of missing values."""
        return len(self.channels) * (2 if self.marks_missing else 1)

    @property
    def constant(self) -> list[str]:
        """Names of the channels that are constant in the training series."""
        return [name for name, one in zip(self.channels, self.deviations, strict=True) if one == 0]

    def encode(self, series: Sequence[FloatArray], channels: Sequence[str], source: str) -> Ragged:
        """Normalise series and return them as one ragged array.

        Args:
            series: Series, each an array of shape (T, D), with NaN for missing values.
            channels: Names of the D channels.
            source: Origin of the series, for messages.

        Returns:
            Ragged array of float32 values. All series together have the shape (total steps, `width`).

        Raises:
            DataError: If the series do not have as many channels as the training series.
        """
        if len(series) and len(channels) != len(self.channels):
            raise DataError(
                f"{source}: the model was trained on {len(self.channels)} channels ({_first_names(self.channels)}); "
                f"these series have {len(channels)} ({_first_names(channels)}). "
                "Provide the same channels in the same order."
            )
        lengths = np.array([len(one) for one in series], np.int64)
        if not len(series):
            return Ragged.from_lengths(np.zeros((0, self.width), np.float32), lengths)
        values = np.concatenate([self._normalise(one) for one in series])
        missing = np.isnan(values)
        values[missing] = 0.0
        parts = [values, missing.astype(np.float32)] if self.marks_missing else [values]
        return Ragged.from_lengths(np.concatenate(parts, axis=1).astype(np.float32), lengths)

    def to_dict(self) -> dict[str, Any]:
        """Return the encoder as plain values that can be written as JSON."""
        return {
            "channels": list(self.channels),
            "means": list(self.means),
            "deviations": list(self.deviations),
            "normalise": self.normalise,
            "marks_missing": self.marks_missing,
        }

    @classmethod
    def from_dict(cls, values: Any) -> Self:
        """Restore an encoder from the result of `to_dict`.

        Raises:
            BundleError: If the values are invalid, because the file was modified.
        """
        if not isinstance(values, dict) or set(values) != _KEYS:
            raise BundleError(f"must have exactly the keys {', '.join(sorted(_KEYS))}; the file was modified.")
        channels, means, deviations = (values[name] for name in ("channels", "means", "deviations"))
        _check_names(channels)
        for numbers in (means, deviations):
            if not isinstance(numbers, list) or len(numbers) != len(channels) or not all(map(_is_number, numbers)):
                raise BundleError(f"needs a finite number for each of {len(channels)} channels; the file was modified.")
        if min(deviations) < 0:
            raise BundleError("deviations must not be negative; the file was modified.")
        normalise, marks = values["normalise"], values["marks_missing"]
        if normalise not in ("train", "series", "none") or type(marks) is not bool:
            raise BundleError("normalise or marks_missing has an unknown value; the file was modified.")
        return cls(tuple(channels), tuple(map(float, means)), tuple(map(float, deviations)), normalise, marks)

    def _normalise(self, one: FloatArray) -> Any:
        values = one.astype(np.float64)
        if self.normalise == "none":
            return values
        if self.normalise == "train":
            return _standardise(values, np.array(self.means), np.array(self.deviations))
        counts = np.maximum((~np.isnan(values)).sum(axis=0), 1)
        means = np.nansum(values, axis=0) / counts
        deviations = np.sqrt(np.nansum((values - means) ** 2, axis=0) / counts)
        largest = np.abs(np.nan_to_num(values)).max(axis=0)
        return _standardise(values, means, np.where(deviations <= _MIN_DEVIATION * largest, 0.0, deviations))


def _standardise(values: Any, means: Any, deviations: Any) -> Any:
    """Standardise values (T, D). Channels with deviation 0 become 0, but missing values stay NaN."""
    return (values - means) * np.divide(1, deviations, out=np.zeros_like(deviations), where=deviations > 0)


def _first_names(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + (" ..." if len(names) > 5 else "")


def _check_names(channels: Any) -> None:
    if not isinstance(channels, list) or not 1 <= len(channels) <= _MOST_CHANNELS:
        raise BundleError(f"channels must be a list of 1 to {_MOST_CHANNELS:,} names; the file was modified.")
    if not all(isinstance(name, str) for name in channels):
        raise BundleError("the names of channels must be strings; the file was modified.")


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and bool(np.isfinite(value))
