"""Bundles: folders that contain everything needed to predict with a saved model, and no executable code.

manifest.json        format version, SHA-256 and size of each file that is loaded, digest of the manifest, versions
recipe.yaml          complete recipe, from which the task builds the model
weights.safetensors  weights, named independently of Keras
output.json          number of models in the weights, and values tuned on the dev split
text.json            encoder of the rows
labels.json          names of the labels
README.md            model card, which may be edited

The encoder and the labels are called parts of the model. The task determines which parts a model has. Each part is
stored in a separate JSON file. This module converts a folder to plain, validated values and arrays, and back. It does
not build models.
"""

import hashlib
import json
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar

from syntagma import backend
from syntagma.arrays import StoredArrays, array_shapes
from syntagma.config import parse_yaml, to_yaml
from syntagma.errors import BundleError, FolderError, InputError
from syntagma.files import (
    atomic_write,
    atomic_write_folder,
    json_text,
    read_bytes,
    read_json,
    sha256_of,
    write_arrays,
    write_json,
    write_text,
)
from syntagma.shapes import AnyArray

FORMAT = 1
_MEBIBYTE = 1 << 20
_MOST_MEMBERS = 100
_LIMITS_BYTES = {
    "recipe.yaml": _MEBIBYTE,
    "output.json": _MEBIBYTE,
    "weights.safetensors": 8192 * _MEBIBYTE,
}
_PART = re.compile(r"[a-z][a-z_]{0,40}\.json")
_PART_LIMIT_BYTES = 512 * _MEBIBYTE
_MOST_PARTS = 8
# Maximum number of objects and lists in a part, because each takes far more memory than its two characters.
_MOST_OBJECTS, _MOST_LISTS = 200_000, 2_000_000

Part = TypeVar("Part")


@dataclass(frozen=True)
class Contents:
    """Contents of a bundle as plain values.

    Attributes:
        recipe: Complete recipe as a nested dictionary.
        parts: Dictionary of the parts of the model other than its weights, such as the encoder and the labels, keyed by
            name. Each part is stored as the plain values that the part's `to_dict` method returns.
        arrays: Weights by name. For an ensemble, each name begins with `member_N/`.
        members: Number of models whose weights are stored: 1, or more for an ensemble.
        settled: Values tuned on the dev split, such as the temperature, and prediction settings. Only the task
            validates these values.
        folder: Folder of the bundle, for error messages.
    """

    recipe: Mapping[str, Any]
    parts: Mapping[str, Any]
    arrays: Mapping[str, AnyArray] = field(default_factory=dict)
    members: int = 1
    settled: Mapping[str, Any] = field(default_factory=dict)
    folder: Path = Path()

    def part(self, name: str, restore: Callable[[Any], Part]) -> Part:
        """Restore the part called `name` by passing its plain values to the function `restore`.

        Raises:
            BundleError: If the part is missing or `restore` rejects its values; the message names the file.
        """
        path = self.folder / f"{name}.json"
        if name not in self.parts:
            raise BundleError("is missing.", path=path)
        with name_file_in_errors(path):
            return restore(self.parts[name])

    def restore_settled(self, restore: Callable[[Mapping[str, Any]], Part]) -> Part:
        """Restore the values in `settled` by passing them to the function `restore`.

        Raises:
            BundleError: If `restore` rejects the values; the message names the file.
        """
        with name_file_in_errors(self.folder / "output.json"):
            return restore(self.settled)

    @property
    def weights_file(self) -> Path:
        """Path of the weights file, for error messages."""
        return self.folder / "weights.safetensors"

    def max_weights(self) -> int:
        """Return the maximum number of weights a model may have, so that a manipulated recipe cannot exhaust memory."""
        return 2 * sum(math.prod(shape) for shape in array_shapes(self.arrays).values()) + _MEBIBYTE


def save(folder: str | Path, contents: Contents, card: str) -> None:
    """Write a bundle to a temporary folder, and rename that folder to `folder` when the bundle is complete.

    An existing bundle is replaced.

    Args:
        folder: Folder of the bundle.
        contents: Contents of the bundle.
        card: Text of the model card, `README.md`.

    Raises:
        FolderError: If `folder` exists, is not empty and is not a bundle.
    """
    folder = Path(folder)
    is_empty = folder.is_dir() and not any(folder.iterdir())
    if folder.exists() and not is_empty and not (folder / "manifest.json").is_file():
        raise FolderError("exists and is not a saved model; choose a new folder.", path=folder)
    with atomic_write_folder(folder) as temporary:
        write_parts(temporary, contents)
        write_json(temporary / "output.json", {"members": contents.members, **contents.settled})
        with atomic_write(temporary / "weights.safetensors") as weights:
            write_arrays(weights, contents.arrays)
        write_text(temporary / "README.md", card)
        write_json(temporary / "manifest.json", _build_manifest(temporary, contents.parts))


def read(folder: str | Path) -> Contents:
    """Read the bundle in a folder, or in the subfolder `model` of a run folder.

    Every file is verified before it is used. No file contains code.

    Raises:
        BundleError: If a file is missing, changed, too large or in another format; the message names the file.
        FolderError: If the folder does not exist.
    """
    folder = _locate(Path(folder))
    manifest = _read_manifest(folder)
    names = _check_files(folder, manifest)
    parts = read_parts(folder, [name.removesuffix(".json") for name in names if _is_part(name)])
    with name_file_in_errors(folder / "output.json"):
        members, settled = _parse_output(json.loads(_read_text(folder / "output.json")))
    arrays = StoredArrays(folder / "weights.safetensors", str(manifest["files"]["weights.safetensors"].get("sha256")))
    return Contents(parts.recipe, parts.parts, arrays, members, settled, folder)


def read_recipe(folder: str | Path) -> dict[str, Any]:
    """Read only the recipe of a saved model.

    Raises:
        BundleError: If a file is missing or changed.
    """
    folder = _locate(Path(folder))
    _check_files(folder, _read_manifest(folder))
    return _read_recipe(folder)


def write_parts(folder: Path, contents: Contents) -> None:
    """Write the recipe and the parts of a model to a folder. They define the model except for its weights."""
    write_text(folder / "recipe.yaml", to_yaml(contents.recipe))
    for name, values in contents.parts.items():
        write_text(folder / f"{name}.json", json.dumps(values, ensure_ascii=False) + "\n")


def read_parts(folder: Path, names: Iterable[str]) -> Contents:
    """Read the recipe and the named parts that `write_parts` wrote to the folder of a bundle or a checkpoint.

    Raises:
        BundleError: If a file cannot be read or has unexpected content.
    """
    parts = {}
    for name in names:
        with name_file_in_errors(folder / f"{name}.json"):
            parts[name] = json.loads(_check_size(_read_text(folder / f"{name}.json")))
    return Contents(_read_recipe(folder), parts, folder=folder)


def _check_size(text: str) -> str:
    """Return JSON text unchanged, unless parsing it would need far more memory than the text itself.

    Raises:
        BundleError: If the text has too many objects or lists.
    """
    if text.count("{") > _MOST_OBJECTS or text.count("[") > _MOST_LISTS:
        raise BundleError(f"may have at most {_MOST_OBJECTS:,} objects and {_MOST_LISTS:,} lists; it has more.")
    return text


def _read_recipe(folder: Path) -> dict[str, Any]:
    with name_file_in_errors(folder / "recipe.yaml"):
        return parse_yaml(_read_text(folder / "recipe.yaml"), "the recipe")


def _parse_output(values: Any) -> tuple[int, dict[str, Any]]:
    if not isinstance(values, dict) or "members" not in values:
        raise BundleError("must have the key members; the file was changed.")
    members = values.pop("members")
    if type(members) is not int or not 1 <= members <= _MOST_MEMBERS:
        raise BundleError(f"members must be a whole number from 1 to {_MOST_MEMBERS}; got {members!r}.")
    return members, values


@contextmanager
def name_file_in_errors(path: Path) -> Iterator[None]:
    """Convert input errors and parsing errors within the block to a `BundleError` that names the file."""
    try:
        yield
    except InputError as error:
        raise BundleError(str(error), path=path) from error
    except (ValueError, RecursionError) as error:
        raise BundleError(f"cannot be read: {error}.", path=path) from error


def _locate(folder: Path) -> Path:
    if (folder / "model" / "manifest.json").is_file():
        return folder / "model"
    if not folder.is_dir():
        raise FolderError("is not a folder; give a saved model or a run folder.", path=folder)
    if not (folder / "manifest.json").is_file():
        raise BundleError("is not a saved model: it has no manifest.json.", path=folder)
    return folder


def _build_manifest(folder: Path, parts: Iterable[str]) -> dict[str, Any]:
    content: dict[str, Any] = {
        "format": FORMAT,
        "files": {
            name: {"sha256": sha256_of(folder / name), "bytes": (folder / name).stat().st_size}
            for name in (*_LIMITS_BYTES, *(f"{part}.json" for part in parts))
        },
        "versions": {"syntagma": version("syntagma"), **backend.versions()},
    }
    return {**content, "digest": _compute_digest(content)}


def _compute_digest(manifest: dict[str, Any]) -> str:
    content = {key: value for key, value in manifest.items() if key != "digest"}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _read_manifest(folder: Path) -> dict[str, Any]:
    path = folder / "manifest.json"
    try:
        manifest = read_json(path, _MEBIBYTE)
    except InputError as error:
        raise BundleError(str(error)) from error
    with name_file_in_errors(path):
        if not isinstance(manifest, dict) or manifest.get("digest") != _compute_digest(manifest):
            raise BundleError("was changed: its digest does not match its content.")
        # The digest does not detect changes of whitespace or duplicate keys.
        if read_bytes(path, _MEBIBYTE) != json_text(manifest).encode():
            raise BundleError("was changed: its formatting differs from that of `save`.")
        if type(manifest.get("format")) is not int or manifest["format"] != FORMAT:
            raise BundleError(f"has format {manifest.get('format')!r}; this version of syntagma reads format {FORMAT}.")
    return manifest


def _check_files(folder: Path, manifest: dict[str, Any]) -> list[str]:
    """Verify the files listed in the manifest, except for the hash of the weights, and return the file names."""
    files = manifest.get("files")
    if not isinstance(files, dict) or not all(isinstance(entry, dict) for entry in files.values()):
        raise BundleError("does not list the files of a model.", path=folder / "manifest.json")
    parts = set(files) - set(_LIMITS_BYTES)
    if not set(_LIMITS_BYTES) <= set(files) or len(parts) > _MOST_PARTS or not all(map(_is_part, parts)):
        raise BundleError("does not list the files of a model.", path=folder / "manifest.json")
    for name, entry in files.items():
        path, limit = folder / name, _limit(name)
        if not path.is_file():
            raise BundleError("is missing.", path=path)
        size = path.stat().st_size
        if size > limit:
            raise BundleError(f"may have at most {limit:,} bytes; it has {size:,}.", path=path)
        is_hashed_later = name == "weights.safetensors"
        if size != entry.get("bytes") or (not is_hashed_later and sha256_of(path) != entry.get("sha256")):
            raise BundleError("does not match the checksum in the manifest; the file was changed.", path=path)
    return list(files)


def _is_part(name: str) -> bool:
    return bool(_PART.fullmatch(name)) and name not in (*_LIMITS_BYTES, "manifest.json")


def _limit(name: str) -> int:
    return _LIMITS_BYTES.get(name, _PART_LIMIT_BYTES)


def _read_text(path: Path) -> str:
    return read_bytes(path, _limit(path.name)).decode("utf-8")
