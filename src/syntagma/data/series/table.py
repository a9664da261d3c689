"""Tables of numeric series."""

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
    """A table with one numeric series per row, and optional labels and other columns.

    See `Table` for the other arguments.

    Args:
        series: Values of each row, as a float32 array of shape (T, D). The length T >= 1 may differ between rows, but
            the number of channels D may not. Missing values are NaN. Infinite values are not allowed.
        channels: Names of the D channels. By default, the names are "1", "2" and so on.

    Raises:
        DataError: If a series has the wrong dtype or shape, if a series contains an infinite value, or if there are not
            exactly D distinct channel names.

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
        """Shape and hash of the values of each series. Series with equal keys count as equal.

        Missing values count as equal to each other.
        """
        return [_key(values) for values in self.series]

    def common_property(self) -> str | None:
        """Return "without a value" if all values are missing, "equal" if all series are equal, or else `None`."""
        if all(np.isnan(values).all() for values in self.series):
            return "without a value"
        return super().common_property()

    @property
    def lengths(self) -> list[int]:
        """Number of steps T in the series of each row."""
        return [len(values) for values in self.series]


def _problem(values: Any, channels: int) -> str | None:
    """Return a description of the problem with one series, or `None` if the series is valid.

    Args:
        values: Values of the series.
        channels: Number of channels that the series should have.
    """
    if not isinstance(values, np.ndarray) or values.dtype != np.float32:
        kind = values.dtype if isinstance(values, np.ndarray) else type(values).__name__
        return f"a series must be a float32 array; got {kind}. Convert other values with `series_table`."
    if values.ndim != 2:
        return f"a series must have shape (steps, channels); got {values.shape}."
    if len(values) == 0:
        return "a series needs at least one step; got none. Drop it."
    if values.shape[1] != channels or channels == 0:
        names = "1 channel" if channels == 1 else f"{channels} channels"
        return f"all series need the same channels, at least one; got {values.shape[1]}, but expected {names}."
    if np.isinf(values).any():
        step, channel = (int(place[0]) for place in np.nonzero(np.isinf(values)))
        return (
            f"a value must be finite or missing (NaN); got {values[step, channel]} at step {step + 1} of channel "
            f"{channel + 1}."
        )
    return None


def _key(values: FloatArray) -> Key:
    # Adding 0 turns -0.0 into 0.0, and all bit patterns of NaN are replaced with a single one, so that values that
    # count as equal have the same bytes.
    plain = np.where(np.isnan(values), np.float32(np.nan), values + np.float32(0))
    return values.shape, hashlib.blake2b(plain.tobytes(), digest_size=_DIGEST_BYTES).digest()
