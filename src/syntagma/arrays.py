"""Arrays in a file, of which as little is read as is needed to know whether they are wanted."""

import json
import math
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from syntagma.errors import BundleError
from syntagma.files import sha256_of
from syntagma.shapes import AnyArray

_MEBIBYTE = 1 << 20
# What the header of the weights may be, and how large a file is hashed before anything else is looked at.
_HEADER_LIMIT_BYTES = 16 * _MEBIBYTE
_MOST_ARRAYS = 20_000
_HASHED_AT_ONCE_BYTES = 64 * _MEBIBYTE
_WIDTHS = {"F64": 8, "I64": 8, "U64": 8, "F32": 4, "I32": 4, "U32": 4, "F16": 2, "BF16": 2, "I16": 2, "U16": 2}


def shapes_of(arrays: Mapping[str, AnyArray]) -> dict[str, tuple[int, ...]]:
    """Return the shape of each array, without reading those that are on disk."""
    if isinstance(arrays, StoredArrays):
        return {name: shape for name, (_, shape) in arrays.forms.items()}
    return {name: tuple(array.shape) for name, array in arrays.items()}


class StoredArrays(Mapping[str, AnyArray]):
    """The arrays of a safetensors file by name, of which only the header is read at first.

    A large file is checked against its digest when the first array is read: by then it is known that its arrays are
    those of the model that the recipe describes.

    Attributes:
        forms: Type ("F32") and shape of each array.

    Raises:
        BundleError: The header does not describe the file, or has too many arrays.
    """

    def __init__(self, path: Path, digest: str):
        self.path = path
        self._digest: str | None = digest
        self._arrays: dict[str, AnyArray] | None = None
        if path.stat().st_size <= _HASHED_AT_ONCE_BYTES:
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
            raise BundleError("was changed: it is not the file that the manifest describes.", path=self.path)
        self._digest = None


def _forms(path: Path) -> dict[str, tuple[str, tuple[int, ...]]]:
    """Return what the header of a safetensors file says of its arrays, checked against the size of the file."""
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if not 0 < length <= min(_HEADER_LIMIT_BYTES, size - 8):
            raise BundleError(
                f"must begin with a header of at most {_HEADER_LIMIT_BYTES:,} bytes; the file was changed."
            )
        raw = file.read(length)
    if raw.count(b"{") > 2 * _MOST_ARRAYS:
        raise BundleError(f"may have at most {_MOST_ARRAYS:,} arrays; it has far more.")
    header = json.loads(raw)
    header = {} if not isinstance(header, dict) else header
    header.pop("__metadata__", None)
    forms = {name: _form(name, entry) for name, entry in header.items()}
    if not forms or sum(math.prod(shape) * _WIDTHS.get(kind, 1) for kind, shape in forms.values()) != size - 8 - length:
        raise BundleError("holds other arrays than its header says; the file was changed.")
    return forms


def _form(name: str, entry: Any) -> tuple[str, tuple[int, ...]]:
    shape = entry.get("shape") if isinstance(entry, dict) else None
    if not isinstance(shape, list) or not all(type(axis) is int and axis >= 0 for axis in shape):
        raise BundleError(f"says nothing of the shape of {name!r:.80}; the file was changed.")
    return str(entry.get("dtype")), tuple(shape)


def _arrays(path: Path) -> dict[str, Any]:
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        return dict(load_file(path))
    except (SafetensorError, AttributeError, ValueError) as error:  # AttributeError: a type that NumPy lacks
        raise BundleError(f"cannot be read: {error}.") from error


def _read(path: Path, read: Callable[[Path], Any]) -> Any:
    """Name the file in whatever goes wrong while it is read."""
    try:
        return read(path)
    except BundleError as error:
        raise BundleError(str(error), path=path) from error
    except (OSError, ValueError, RecursionError) as error:
        raise BundleError(f"cannot be read: {error}.", path=path) from error
