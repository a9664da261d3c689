"""Lazy reading of the arrays in a safetensors file."""

import json
import math
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from syntagma.errors import BundleError
from syntagma.files import sha256_of
from syntagma.shapes import AnyArray

_MEBIBYTE = 1 << 20
# Maximum size of the header, and size up to which a file is hashed before anything else is read.
_HEADER_LIMIT_BYTES = 16 * _MEBIBYTE
_MAX_ARRAYS = 20_000
_HASH_FIRST_LIMIT_BYTES = 64 * _MEBIBYTE
_WIDTHS = {"F64": 8, "I64": 8, "U64": 8, "F32": 4, "I32": 4, "U32": 4, "F16": 2, "BF16": 2, "I16": 2, "U16": 2}


def array_shapes(arrays: Mapping[str, AnyArray]) -> dict[str, tuple[int, ...]]:
    """Return the shape of each array, by name, without reading stored arrays from disk."""
    if isinstance(arrays, StoredArrays):
        return {name: shape for name, (_, shape) in arrays.forms.items()}
    return {name: tuple(array.shape) for name, array in arrays.items()}


class StoredArrays(Mapping[str, AnyArray]):
    """Mapping from names to the arrays of a safetensors file. All arrays are read when the first one is accessed.

    Until then, only the header is read. The checksum of a small file is verified immediately. The checksum of a large
    file is verified just before the arrays are read, so that the shapes in the header can be compared with those of the
    model first.

    Args:
        path: Path of the file.
        digest: Expected SHA-256 checksum.

    Attributes:
        forms: Dictionary of `(dtype, shape)` tuples, keyed by array name. Dtypes are strings such as "F32".

    Raises:
        BundleError: If the checksum differs, or if the header is invalid, does not match the file size, or lists too
            many arrays.
    """

    def __init__(self, path: Path, digest: str):
        self.path = path
        self._digest: str | None = digest
        self._arrays: dict[str, AnyArray] | None = None
        if path.stat().st_size <= _HASH_FIRST_LIMIT_BYTES:
            self._check()
        self.forms = _read(path, _forms)

    def __getitem__(self, name: str) -> AnyArray:
        if self._arrays is None:
            self._check()
            self._arrays = _read(self.path, _arrays)
        return self._arrays[name]

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self.forms))

    def __len__(self) -> int:
        return len(self.forms)

    def _check(self) -> None:
        if self._digest is not None and sha256_of(self.path) != self._digest:
            raise BundleError("does not match the checksum in the manifest; the file was changed.", path=self.path)
        self._digest = None


def _forms(path: Path) -> dict[str, tuple[str, tuple[int, ...]]]:
    """Return the dtypes and shapes in the header of a safetensors file, after checking them against the file size."""
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if not 0 < length <= min(_HEADER_LIMIT_BYTES, size - 8):
            raise BundleError(
                f"must start with a header of at most {_HEADER_LIMIT_BYTES:,} bytes; the file was changed."
            )
        raw = file.read(length)
    if raw.count(b"{") > 2 * _MAX_ARRAYS:
        raise BundleError(f"must have at most {_MAX_ARRAYS:,} arrays; it has far more.")
    header = json.loads(raw)
    header = {} if not isinstance(header, dict) else header
    header.pop("__metadata__", None)
    forms = {name: _form(name, entry) for name, entry in header.items()}
    if not forms or sum(math.prod(shape) * _WIDTHS.get(kind, 1) for kind, shape in forms.values()) != size - 8 - length:
        raise BundleError("does not match its header; the file was changed.")
    return forms


def _form(name: str, entry: Any) -> tuple[str, tuple[int, ...]]:
    shape = entry.get("shape") if isinstance(entry, dict) else None
    if not isinstance(shape, list) or not all(type(axis) is int and axis >= 0 for axis in shape):
        raise BundleError(f"has no valid shape for {name!r:.80}; the file was changed.")
    return str(entry.get("dtype")), tuple(shape)


def _arrays(path: Path) -> dict[str, Any]:
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        return dict(load_file(path))
    except (SafetensorError, AttributeError, ValueError) as error:  # AttributeError: a dtype that NumPy lacks
        raise BundleError(f"cannot be read: {error}.") from error


def _read(path: Path, read: Callable[[Path], Any]) -> Any:
    """Return `read(path)`, and convert its errors to a `BundleError` that names the path."""
    try:
        return read(path)
    except BundleError as error:
        raise BundleError(str(error), path=path) from error
    except (OSError, ValueError, RecursionError) as error:
        raise BundleError(f"cannot be read: {error}.", path=path) from error
