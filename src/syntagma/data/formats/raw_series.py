"""The output of the readers of series formats."""

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
        columns: Columns with one value per series, by name, including the labels.
        places: Line or row number of each series.
        label: Name of the label column, if there is one.
        channels: Names of the channels, if the file names them.
        names: Column name of each role that was requested or found.
        header: Names of all columns of the file, if it has names.
        delimiter: Delimiter between the fields of the file, if the format has one.
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
    """Return values (n,) as a univariate series (T, 1) without the missing values at the end; T may be 0."""
    present = np.nonzero(~np.isnan(values))[0]
    length = int(present[-1]) + 1 if len(present) else 0
    return values[:length, np.newaxis].astype(np.float32)
