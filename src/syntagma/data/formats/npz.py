"""Reading and writing of series in NumPy `.npz` archives.

The headers of all arrays are checked before any array is read, and arrays are never unpickled.

Two layouts are supported, each with optional labels `y` (B,):

* `X` of shape (B, T, D), or (B, T) for one channel. With `lengths` (B,), only the first `lengths[i]` steps of row `i`
  are read.
* `values` of shape (total, D) or (total,): all rows concatenated, with their `lengths` (B,), or with `offsets` (B + 1,)
  that hold the start of each row and the end of the last.

`channels` (D,) may contain the channel names. Every other array of shape (B,) is a column with one value per row.
"""

import tokenize
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import accumulate, pairwise
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from syntagma.data.formats.lines import STANDARD_INPUT, name_of, open_bytes
from syntagma.data.formats.numbers import LARGEST
from syntagma.data.formats.raw_series import RawSeries
from syntagma.data.formats.rows import BadRows, check_width
from syntagma.errors import DataError
from syntagma.shapes import AnyArray, FloatArray

LABEL = "y"

_MOST_VALUES = 200_000_000
_MOST_BYTES = 8 * _MOST_VALUES
_NUMBERS, _STRINGS = "biuf", "U"
_KINDS = {"biuf": "numbers", "U": "strings", "Ubiuf": "strings or numbers", "iu": "integers"}
_OWN = ("X", "values", "lengths", "offsets", "channels")
_READERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}

# Errors that zipfile and NumPy raise for bytes that are not a valid archive or array.
_DAMAGE = (
    zipfile.BadZipFile, zlib.error, EOFError, OSError, KeyError, ValueError, TypeError, SyntaxError, OverflowError,
    RecursionError, MemoryError, NotImplementedError, RuntimeError, tokenize.TokenError, ImportError,
)  # fmt: skip


@dataclass(frozen=True)
class _Entry:
    """Header of an array, and the name of the archive member that contains the array."""

    member: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]


def read_npz(path: str | Path, bad_rows: BadRows) -> RawSeries:
    """Read the series of an `.npz` file. The location of a row is its number, counted from 1.

    Args:
        path: File to read.
        bad_rows: Collector of rows that have no steps, or contain values that are infinite or too large.

    Raises:
        DataError: If the file is not a valid archive, the file is too large, its arrays are inconsistent, or a row is
            invalid and bad rows are not skipped.
    """
    if str(path) == STANDARD_INPUT or Path(path).suffix == ".gz":
        raise DataError(
            ".npz cannot be read from standard input or from .gz. Save it as a plain file.", path=name_of(path)
        )
    with open_bytes(path) as file, _damage_errors(path):
        archive = zipfile.ZipFile(file)
        entries = dict(_entries(archive, path))
        layout = _layout(entries, path)
        rows = _count_rows(entries, layout, path)
        _check_entries(entries, rows, path)
        arrays = {name: _read(archive, entry) for name, entry in entries.items() if _is_read(name, entry, rows)}
    return _raw_series(arrays, rows, path, bad_rows)


def write_npz(
    path: Path,
    series: Sequence[FloatArray],
    labels: Sequence[str] | None,
    channels: Sequence[str],
    columns: Mapping[str, Sequence[Any]],
) -> None:
    """Write series to an `.npz` file that `read_npz` can read, in the `values` layout.

    Args:
        path: File to write.
        series: Values of each series, of shape (T, D).
        labels: Label of each series, or `None` if the series have no labels.
        channels: Names of the D channels.
        columns: Additional columns, keyed by column name, with one string or number per series.
    """
    facts: dict[str, Any] = {name: np.array(cells) for name, cells in columns.items()}
    if labels is not None:
        facts[LABEL] = np.array(labels, dtype=np.str_)
    lengths = np.array([len(values) for values in series], dtype=np.int64)
    np.savez_compressed(
        path, values=np.concatenate(series), lengths=lengths, channels=np.array(channels, dtype=np.str_), **facts
    )


@contextmanager
def _damage_errors(path: str | Path) -> Iterator[None]:
    """Convert errors caused by a damaged file to a `DataError` that names the file."""
    try:
        yield
    except DataError:
        raise
    except _DAMAGE as error:
        reason = (str(error) or type(error).__name__).splitlines()[0].rstrip(".")
        raise DataError(f"cannot be read as .npz: {reason}. Write it again with np.savez.", path=path) from error


def _entries(archive: zipfile.ZipFile, path: str | Path) -> Iterator[tuple[str, _Entry]]:
    members = archive.infolist()
    check_width(len(members), path)
    for member in members:
        if not member.filename.endswith(".npy"):
            raise ValueError(f"it contains {member.filename!r}, which is not an array")
        with archive.open(member) as content:
            version = np.lib.format.read_magic(content)
            if version not in _READERS:
                raise ValueError(f"{member.filename!r} is an array of format version {version}")
            shape, _, dtype = _READERS[version](content)
            if any(size < 0 for size in shape):
                raise ValueError(f"{member.filename!r} has the shape {shape}")
            if not dtype.hasobject and member.file_size != content.tell() + prod(shape) * dtype.itemsize:
                raise ValueError(f"{member.filename!r} has {member.file_size:,} bytes, which does not fit its shape")
        yield member.filename.removesuffix(".npy"), _Entry(member.filename, shape, dtype)


def _layout(entries: Mapping[str, _Entry], path: str | Path) -> str:
    if ("X" in entries) == ("values" in entries):
        names = ", ".join(entries) or "nothing"
        raise DataError(
            f"needs an array X of shape (rows, steps, channels), or values with lengths or offsets; got {names}.",
            path=path,
        )
    if "X" in entries:
        _check_shape(entries, "X", (2, 3), _NUMBERS, path)
        return "X"
    _check_shape(entries, "values", (1, 2), _NUMBERS, path)
    if ("lengths" in entries) == ("offsets" in entries):
        raise DataError("values need either lengths (rows,) or offsets (rows + 1,).", path=path)
    return "lengths" if "lengths" in entries else "offsets"


def _check_shape(entries: Mapping[str, _Entry], name: str, axes: tuple[int, ...], kinds: str, path: str | Path) -> None:
    entry = entries[name]
    if entry.dtype.hasobject:
        raise DataError(
            f"{name} contains Python objects, which are not read because they could execute code. Save numbers, for "
            "example all rows concatenated in values, with their lengths.",
            path=path,
        )
    if entry.dtype.kind not in kinds or len(entry.shape) not in axes:
        wanted = " or ".join(f"{count}-D" for count in axes)
        kind = _KINDS[kinds]
        raise DataError(f"{name} must be a {wanted} array of {kind}; got {entry.dtype} {entry.shape}.", path=path)
    if prod(entry.shape) > _MOST_VALUES:
        raise DataError(
            f"may have at most {_MOST_VALUES:,} values; {name} has the shape {entry.shape}. Split it.", path=path
        )


def _count_rows(entries: Mapping[str, _Entry], layout: str, path: str | Path) -> int:
    if layout != "X":
        _check_shape(entries, layout, (1,), "iu", path)
    rows = entries[layout].shape[0] - (layout == "offsets")
    if rows < 1:
        raise DataError("has no rows.", path=path)
    return rows


def _check_entries(entries: Mapping[str, _Entry], rows: int, path: str | Path) -> None:
    """Raise an error if an array has the wrong shape or dtype, or all arrays together take too much memory."""
    for name, kinds in ((LABEL, _STRINGS + _NUMBERS), ("lengths", "iu"), ("channels", _STRINGS)):
        if name in entries:
            _check_shape(entries, name, (1,), kinds, path)
    for name in (LABEL, "lengths"):
        if name in entries and entries[name].shape != (rows,):
            raise DataError(f"{name} must have the shape ({rows},), one per row; got {entries[name].shape}.", path=path)
    size_bytes = sum(prod(one.shape) * one.dtype.itemsize for name, one in entries.items() if _is_read(name, one, rows))
    if size_bytes > _MOST_BYTES:
        raise DataError(f"may hold at most {_MOST_BYTES:,} bytes; it has {size_bytes:,}. Split it.", path=path)


def _is_read(name: str, entry: _Entry, rows: int) -> bool:
    return name in _OWN or (entry.shape == (rows,) and entry.dtype.kind in _STRINGS + _NUMBERS)


def _read(archive: zipfile.ZipFile, entry: _Entry) -> AnyArray:
    with archive.open(entry.member) as content:
        array: AnyArray = np.lib.format.read_array(content, allow_pickle=False)
        content.read()  # zipfile compares the checksum only at the end of the member
    return array


def _raw_series(arrays: dict[str, AnyArray], rows: int, path: str | Path, bad_rows: BadRows) -> RawSeries:
    values = arrays["X"] if "X" in arrays else arrays["values"]
    if values.ndim == 2 - ("values" in arrays):
        values = values[..., np.newaxis]
    if values.shape[-1] == 0:
        raise DataError(f"needs at least one channel; got the shape {values.shape}.", path=path)
    if "X" in arrays:
        pieces = _cut_to_lengths(values, arrays.get("lengths"), path)
    else:
        pieces = _split_rows(values, arrays, path)
    result = RawSeries(channels=tuple(arrays["channels"].tolist()) if "channels" in arrays else ())
    if result.channels and len(result.channels) != values.shape[-1]:
        raise DataError(f"channels must name {values.shape[-1]} channels; got {len(result.channels)}.", path=path)
    kept = [row for row in range(rows) if _keep(pieces[row], row, bad_rows)]
    result.series = [pieces[row].astype(np.float32) for row in kept]
    result.places = [row + 1 for row in kept]
    facts = [name for name in arrays if name not in _OWN]
    result.columns = {name: arrays[name][kept].tolist() for name in facts}
    result.label = LABEL if LABEL in arrays else None
    return result


def _cut_to_lengths(values: AnyArray, lengths: AnyArray | None, path: str | Path) -> list[AnyArray]:
    """Return the B rows of `values`, an array of shape (B, T, D), each cut to its length if `lengths` are given."""
    if lengths is None:
        return list(values)
    steps = values.shape[1]
    for row, length in enumerate(lengths.tolist()):
        if not 0 <= length <= steps:
            raise DataError(f"row {row + 1}: the length must be from 1 to {steps}; got {length}.", path=path)
    return [row[:length] for row, length in zip(values, lengths.tolist(), strict=True)]


def _split_rows(values: AnyArray, arrays: Mapping[str, AnyArray], path: str | Path) -> list[AnyArray]:
    """Split `values`, the concatenated rows of shape (total, D), into rows by their lengths or offsets."""
    name = "lengths" if "lengths" in arrays else "offsets"
    numbers = arrays[name].tolist()
    offsets = [0, *accumulate(numbers)] if name == "lengths" else numbers
    if offsets[0] != 0 or offsets[-1] != len(values) or any(end < start for start, end in pairwise(offsets)):
        raise DataError(f"{name} must divide all {len(values):,} steps of values into rows, in order.", path=path)
    return [values[start:end] for start, end in pairwise(offsets)]


def _keep(values: AnyArray, row: int, bad_rows: BadRows) -> bool:
    """Return whether the values of a row are a valid series; report an invalid row to `bad_rows`."""
    if not len(values):
        bad_rows.add(row + 1, "the series has no steps")
    elif (np.abs(values.astype(np.float64)) > LARGEST).any():
        bad_rows.add(row + 1, "a value is infinite or too large")
    else:
        return True
    return False
