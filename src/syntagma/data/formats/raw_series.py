"""What the reader of a format of series returns."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from syntagma.data.formats.numbers import Numbers
from syntagma.data.formats.rows import Place
from syntagma.shapes import FloatArray


@dataclass
class RawSeries:
    """Series as a file has them, before their labels are checked.

    Args:
        series: Values of each row, of shape (T, D).
        columns: Facts about whole series, by column name; the labels are among them.
        places: Place of each row: its line or its number.
        label: Name of the column with the labels, if there is one.
        channels: Names of the channels, if the file names them.
        names: Name of the column of each role that was asked for or found.
        header: Names of all columns of the file, if it has names.
        delimiter: Text between the fields of the file, if it has such a sign.
    """

    series: list[FloatArray] = field(default_factory=list)
    columns: dict[str, list[Any]] = field(default_factory=dict)
    places: list[Place] = field(default_factory=list)
    label: str | None = None
    channels: tuple[str, ...] = ()
    names: dict[str, str] = field(default_factory=dict)
    header: tuple[str, ...] = ()
    delimiter: str | None = None


def without_padding(values: Numbers) -> FloatArray:
    """Return a univariate series (T, 1) of values (n,) without the missing ones at the end; T may be 0."""
    present = np.nonzero(~np.isnan(values))[0]
    length = int(present[-1]) + 1 if len(present) else 0
    return values[:length, np.newaxis].astype(np.float32)
