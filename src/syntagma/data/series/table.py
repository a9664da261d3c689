"""Rows of numeric series."""

import hashlib
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass, field
from typing import Any, ClassVar

import numpy as np

from syntagma.data.tables.table import PER_ROW, Table
from syntagma.errors import DataError
from syntagma.shapes import FloatArray

Key = tuple[tuple[int, ...], bytes]

_DIGEST_BYTES = 16


@dataclass(frozen=True, repr=False)
class SeriesTable(Table):
    """Series of vectors in a fixed order, with whatever else was in their rows; see `Table` for the other arguments.

    Args:
        series: Values of each row, float32, of shape (T, D): T >= 1 may differ between rows, D may not. A missing value
            is NaN. Infinite values are refused.
        channels: Name of each of the D channels; "1", "2" and so on by default.

    Raises:
        DataError: A row has another type, another shape or an infinite value, or the names do not fit D.

    Example:
        >>> table = SeriesTable([np.zeros((3, 2), "float32"), np.ones((5, 2), "float32")], labels=["low", "high"])
        >>> table.channels, table.select([1]).labels
        (('1', '2'), ['high'])
    """

    ROWS: ClassVar[str] = "series"
    ROLE: ClassVar[str] = "values"

    series: list[FloatArray] = field(metadata=PER_ROW)
    _: KW_ONLY
    channels: tuple[str, ...] = ()
    source: str = "series"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.series and not self.channels:
            names = tuple(str(number + 1) for number in range(np.shape(self.series[0])[-1] if self.series else 0))
            object.__setattr__(self, "channels", names)
        if len(set(self.channels)) != len(self.channels):
            raise DataError(f"{self.source}: names of channels must differ; got {', '.join(self.channels)}.")
        for row, values in enumerate(self.series):
            if problem := _problem(values, len(self.channels)):
                raise DataError(f"{self.place_of(row)}: {problem}")

    def __len__(self) -> int:
        return len(self.series)

    @property
    def keys(self) -> Sequence[Key]:
        """A digest of the shape and the values of each row: equal for equal series, missing values included."""
        return [_key(values) for values in self.series]

    def why_alike(self) -> str | None:
        """Return whether all series are equal, or have no value at all."""
        if all(np.isnan(values).all() for values in self.series):
            return "without a value"
        return super().why_alike()

    @property
    def lengths(self) -> list[int]:
        """Number of steps T of each row."""
        return [len(values) for values in self.series]


def _problem(values: Any, channels: int) -> str | None:
    """Return what is wrong with the values of one row, if anything is."""
    if not isinstance(values, np.ndarray) or values.dtype != np.float32:
        kind = values.dtype if isinstance(values, np.ndarray) else type(values).__name__
        return f"a series is a float32 array; got {kind}. `series_table` makes a table of other values."
    if values.ndim != 2:
        return f"a series has shape (steps, channels); got {values.shape}."
    if len(values) == 0:
        return "a series needs at least one step; got none. Drop it."
    if values.shape[1] != channels or channels == 0:
        names = "1 channel" if channels == 1 else f"{channels} channels"
        return f"all series need the same channels, at least one; got {values.shape[1]} where there are {names}."
    if np.isinf(values).any():
        step, channel = (int(place[0]) for place in np.nonzero(np.isinf(values)))
        return (
            f"a value must be finite or missing (NaN); got {values[step, channel]} at step {step + 1} of channel "
            f"{channel + 1}."
        )
    return None


def _key(values: FloatArray) -> Key:
    # Adding 0 makes -0.0 the same as 0.0; NaN has many bit patterns.
    plain = np.where(np.isnan(values), np.float32(np.nan), values + np.float32(0))
    return values.shape, hashlib.blake2b(plain.tobytes(), digest_size=_DIGEST_BYTES).digest()
