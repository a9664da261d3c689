"""Series in NumPy's `.npz` archives: checked from the headers before an array is read, and never unpickled.

Two layouts are read, each with labels `y` (B,) if there are any:

* `X` of shape (B, T, D), or (B, T) for one channel. With `lengths` (B,), only the first steps of each row count.
* `values` of shape (total, D) or (total,): all rows one after the other, with `lengths` (B,), or with `offsets`
  (N + 1,) where each begins and the last ends.

`channels` (D,) may hold names. Every other array of shape (B,) is a fact about each row.
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

from syntagma.data.formats.lines import STANDARD_INPUT, name_of, opened
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

# What zipfile and NumPy raise on bytes that are no archive or no array.
_DAMAGE = (
    zipfile.BadZipFile, zlib.error, EOFError, OSError, KeyError, ValueError, TypeError, SyntaxError, OverflowError,
    RecursionError, MemoryError, NotImplementedError, RuntimeError, tokenize.TokenError, ImportError,
)  # fmt: skip


@dataclass(frozen=True)
class _Entry:
    """An array of which the header was read, and the file in the archive that holds it."""

    member: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]


def read_npz(path: str | Path, bad_rows: BadRows) -> RawSeries:
    """Read the series of an `.npz` file; a place is the number of a row, counted from 1.

    Raises:
        DataError: The file is no sound archive, is too large, or its arrays do not fit together.
    """
    if str(path) == STANDARD_INPUT or Path(path).suffix == ".gz":
        raise DataError(".npz must be a file that is not packed again. Unpack it first.", path=name_of(path))
    with opened(path) as file, _whole(path):
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
    """Write series (T, D) in the second layout, which `read_npz` reads back; columns hold strings or numbers."""
    facts: dict[str, Any] = {name: np.array(cells) for name, cells in columns.items()}
    if labels is not None:
        facts[LABEL] = np.array(labels, dtype=np.str_)
    lengths = np.array([len(values) for values in series], dtype=np.int64)
    np.savez_compressed(
        path, values=np.concatenate(series), lengths=lengths, channels=np.array(channels, dtype=np.str_), **facts
    )


@contextmanager
def _whole(path: str | Path) -> Iterator[None]:
    """Turn what a damaged file causes into an error that names it."""
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
            raise ValueError(f"it holds {member.filename!r}, which is no array")
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
        found = ", ".join(entries) or "nothing"
        raise DataError(
            f"needs an array X of shape (rows, steps, channels), or values with lengths or offsets; it has {found}.",
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
            f"{name} holds Python objects, which are not read because they could run code. Save numbers, such as rows "
            "one after the other in values, with lengths.",
            path=path,
        )
    if entry.dtype.kind not in kinds or len(entry.shape) not in axes:
        wanted = " or ".join(map(str, axes))
        kind = _KINDS[kinds]
        raise DataError(f"{name} must hold {kind} along {wanted} axes; got {entry.dtype} {entry.shape}.", path=path)
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
    """Refuse arrays that do not fit the values, and more than can be kept."""
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
        content.read()  # to the end, where the checksum is compared
    return array


def _raw_series(arrays: dict[str, AnyArray], rows: int, path: str | Path, bad_rows: BadRows) -> RawSeries:
    values = arrays["X"] if "X" in arrays else arrays["values"]
    if values.ndim == 2 - ("values" in arrays):
        values = values[..., np.newaxis]
    if values.shape[-1] == 0:
        raise DataError(f"needs one channel or more; got the shape {values.shape}.", path=path)
    pieces = _padded(values, arrays.get("lengths"), path) if "X" in arrays else _joined(values, arrays, path)
    found = RawSeries(channels=tuple(arrays["channels"].tolist()) if "channels" in arrays else ())
    if found.channels and len(found.channels) != values.shape[-1]:
        raise DataError(f"channels must name {values.shape[-1]} channels; got {len(found.channels)}.", path=path)
    kept = [row for row in range(rows) if _keep(pieces[row], row, bad_rows)]
    found.series = [pieces[row].astype(np.float32) for row in kept]
    found.places = [row + 1 for row in kept]
    facts = [name for name in arrays if name not in _OWN]
    found.columns = {name: arrays[name][kept].tolist() for name in facts}
    found.label = LABEL if LABEL in arrays else None
    return found


def _padded(values: AnyArray, lengths: AnyArray | None, path: str | Path) -> list[AnyArray]:
    """Return the rows of `values` (B, T, D), each cut to its length."""
    if lengths is None:
        return list(values)
    steps = values.shape[1]
    for row, length in enumerate(lengths.tolist()):
        if not 0 <= length <= steps:
            raise DataError(f"row {row + 1}: the length must be from 1 to {steps}; got {length}.", path=path)
    return [row[:length] for row, length in zip(values, lengths.tolist(), strict=True)]


def _joined(values: AnyArray, arrays: Mapping[str, AnyArray], path: str | Path) -> list[AnyArray]:
    """Return the rows that follow each other in `values` (total, D)."""
    name = "lengths" if "lengths" in arrays else "offsets"
    given = arrays[name].tolist()
    offsets = [0, *accumulate(given)] if name == "lengths" else given
    if offsets[0] != 0 or offsets[-1] != len(values) or any(end < start for start, end in pairwise(offsets)):
        raise DataError(f"{name} must cut all {len(values):,} steps of values into rows, in order.", path=path)
    return [values[start:end] for start, end in pairwise(offsets)]


def _keep(values: AnyArray, row: int, bad_rows: BadRows) -> bool:
    """Return whether the values of a row can be a series."""
    if not len(values):
        bad_rows.found(row + 1, "the series has no steps")
    elif (np.abs(values.astype(np.float64)) > LARGEST).any():
        bad_rows.found(row + 1, "a value is infinite or too large a number")
    else:
        return True
    return False
