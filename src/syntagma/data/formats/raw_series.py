"""`RawSeries`, the type that the readers of series formats return."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from syntagma.data.formats.numbers import Numbers
from syntagma.data.formats.rows import Place
from syntagma.shapes import FloatArray


@dataclass
class RawSeries:
    """Series as read from a file, before their labels are checked.

    Args:
        series: Values of each series, of shape (T, D).
        columns: Columns with one value per series, keyed by column name, including any label column.
        places: Location of each series, such as its line or row number.
        label: Name of the label column, or `None` if the series have no labels.
        channels: Names of the channels; empty if the file does not name its channels.
        names: Column name of each role that was requested or found.
        header: Names of all columns of the file; empty if the file does not name its columns.
        delimiter: Delimiter between the fields of the file, or `None` if the format has no delimiter.
    """

    series: list[FloatArray] = field(default_factory=list)
    columns: dict[str, list[Any]] = field(default_factory=dict)
    places: list[Place] = field(default_factory=list)
    label: str | None = None
    channels: tuple[str, ...] = ()
    names: dict[str, str] = field(default_factory=dict)
    header: tuple[str, ...] = ()
    delimiter: str | None = None


def strip_padding(values: Numbers) -> FloatArray:
    """Convert values to a univariate series, without the missing values at the end.

    Args:
        values: Values of shape (n,), with NaN for missing values.

    Returns:
        Series of shape (T, 1). T is 0 if all values are missing.
    """
    present = np.nonzero(~np.isnan(values))[0]
    length = int(present[-1]) + 1 if len(present) else 0
    return values[:length, np.newaxis].astype(np.float32)
