"""The saved folder of a model: everything that predicting needs, and nothing that runs.

manifest.json        format version, sha256 and size of each file that is loaded, its own digest, versions
recipe.yaml          the complete recipe; the task rebuilds the model from it
weights.safetensors  the weights by our own names
output.json          how many models the weights are of, and what was settled on dev rows
text.json            what turns rows into numbers, and so on: a part per file, as the task names them
labels.json          what turns outputs into labels
README.md            the model card; free to edit

This room maps a folder to plain, checked values and arrays, and back. It builds nothing.
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
from syntagma.arrays import StoredArrays, shapes_of
from syntagma.config import parse_yaml, to_yaml
from syntagma.errors import BundleError, FolderError, InputError
from syntagma.files import (
    json_text,
    read_bytes,
    read_json,
    replacing,
    replacing_folder,
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
# Objects and lists that a part may hold: each takes far more memory than its two characters.
_MOST_OBJECTS, _MOST_LISTS = 200_000, 2_000_000

Part = TypeVar("Part")


@dataclass(frozen=True)
class Contents:
    """What a saved folder holds, as plain checked values.

    Attributes:
        recipe: The complete recipe.
        parts: Plain values by part, as each part's `to_dict` gives them.
        arrays: Weights by name; of an ensemble, each name begins with `member_N/`.
        members: Number of models that the weights are of.
        settled: What was settled on dev rows, and the form of predictions; the task checks it.
        folder: Folder that it was read from, for messages.
    """

    recipe: Mapping[str, Any]
    parts: Mapping[str, Any]
    arrays: Mapping[str, AnyArray] = field(default_factory=dict)
    members: int = 1
    settled: Mapping[str, Any] = field(default_factory=dict)
    folder: Path = Path()

    def part(self, name: str, restore: Callable[[Any], Part]) -> Part:
        """Restore a part from its plain values.

        Raises:
            BundleError: There is no such part, or it was not written by us.
        """
        path = self.folder / f"{name}.json"
        if name not in self.parts:
            raise BundleError("is missing.", path=path)
        with about(path):
            return restore(self.parts[name])

    def settle(self, restore: Callable[[Mapping[str, Any]], Part]) -> Part:
        """Restore what was settled; errors name the file, as those of `part`."""
        with about(self.folder / "output.json"):
            return restore(self.settled)

    @property
    def weights_file(self) -> Path:
        """File of the weights, for messages."""
        return self.folder / "weights.safetensors"

    def most_weights(self) -> int:
        """Return how many numbers a model with these weights may have: a changed recipe must not fill the memory."""
        return 2 * sum(math.prod(shape) for shape in shapes_of(self.arrays).values()) + _MEBIBYTE


def save(folder: str | Path, contents: Contents, card: str) -> None:
    """Write a bundle, with a card as `README.md`, and rename it into place when it is complete.

    An older bundle there is replaced.

    Raises:
        FolderError: Something else than a bundle is at `folder`.
    """
    folder = Path(folder)
    is_empty = folder.is_dir() and not any(folder.iterdir())
    if folder.exists() and not is_empty and not (folder / "manifest.json").is_file():
        raise FolderError("exists and is no saved model; name a new folder.", path=folder)
    with replacing_folder(folder) as temporary:
        write_parts(temporary, contents)
        write_json(temporary / "output.json", {"members": contents.members, **contents.settled})
        with replacing(temporary / "weights.safetensors") as weights:
            write_arrays(weights, contents.arrays)
        write_text(temporary / "README.md", card)
        write_json(temporary / "manifest.json", _manifest(temporary, contents.parts))


def read(folder: str | Path) -> Contents:
    """Read a bundle, or that of a run folder, checking every byte of it before use. It has no code that could be run.

    Raises:
        BundleError: A file is missing, changed, too large or of a newer format; the message names it.
    """
    folder = _locate(Path(folder))
    manifest = _read_manifest(folder)
    names = _check_files(folder, manifest)
    parts = read_parts(folder, [name.removesuffix(".json") for name in names if _is_part(name)])
    with about(folder / "output.json"):
        members, settled = _output(json.loads(_text(folder / "output.json")))
    arrays = StoredArrays(folder / "weights.safetensors", str(manifest["files"]["weights.safetensors"].get("sha256")))
    return Contents(parts.recipe, parts.parts, arrays, members, settled, folder)


def read_recipe(folder: str | Path) -> dict[str, Any]:
    """Read the recipe of a saved model, without the rest.

    Raises:
        BundleError: A file is missing or changed.
    """
    folder = _locate(Path(folder))
    _check_files(folder, _read_manifest(folder))
    return _recipe(folder)


def write_parts(folder: Path, contents: Contents) -> None:
    """Write everything but weights: what a model is built from."""
    write_text(folder / "recipe.yaml", to_yaml(contents.recipe))
    for name, values in contents.parts.items():
        write_text(folder / f"{name}.json", json.dumps(values, ensure_ascii=False) + "\n")


def read_parts(folder: Path, names: Iterable[str]) -> Contents:
    """Read what `write_parts` wrote, for a bundle or a checkpoint.

    Raises:
        BundleError: A file cannot be read, or holds something else.
    """
    parts = {}
    for name in names:
        with about(folder / f"{name}.json"):
            parts[name] = json.loads(_bounded(_text(folder / f"{name}.json")))
    return Contents(_recipe(folder), parts, folder=folder)


def _bounded(text: str) -> str:
    """Return JSON that takes about as much memory as it is long.

    Raises:
        BundleError: It holds more objects or lists than any part of ours.
    """
    if text.count("{") > _MOST_OBJECTS or text.count("[") > _MOST_LISTS:
        raise BundleError(f"may hold at most {_MOST_OBJECTS:,} objects and {_MOST_LISTS:,} lists; it has more.")
    return text


def _recipe(folder: Path) -> dict[str, Any]:
    with about(folder / "recipe.yaml"):
        return parse_yaml(_text(folder / "recipe.yaml"), "the recipe")


def _output(values: Any) -> tuple[int, dict[str, Any]]:
    if not isinstance(values, dict) or "members" not in values:
        raise BundleError("must have the key members; the file was changed.")
    members = values.pop("members")
    if type(members) is not int or not 1 <= members <= _MOST_MEMBERS:
        raise BundleError(f"members must be a whole number from 1 to {_MOST_MEMBERS}; got {members!r}.")
    return members, values


@contextmanager
def about(path: Path) -> Iterator[None]:
    """Name the file in whatever goes wrong within the block."""
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
        raise FolderError("is no folder; give a saved model or a run folder.", path=folder)
    if not (folder / "manifest.json").is_file():
        raise BundleError("is no saved model: it has no manifest.json.", path=folder)
    return folder


def _manifest(folder: Path, parts: Iterable[str]) -> dict[str, Any]:
    content: dict[str, Any] = {
        "format": FORMAT,
        "files": {
            name: {"sha256": sha256_of(folder / name), "bytes": (folder / name).stat().st_size}
            for name in (*_LIMITS_BYTES, *(f"{part}.json" for part in parts))
        },
        "versions": {"syntagma": version("syntagma"), **backend.versions()},
    }
    return {**content, "digest": _digest(content)}


def _digest(manifest: dict[str, Any]) -> str:
    content = {key: value for key, value in manifest.items() if key != "digest"}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _read_manifest(folder: Path) -> dict[str, Any]:
    path = folder / "manifest.json"
    try:
        manifest = read_json(path, _MEBIBYTE)
    except InputError as error:
        raise BundleError(str(error)) from error
    with about(path):
        if not isinstance(manifest, dict) or manifest.get("digest") != _digest(manifest):
            raise BundleError("was changed: its digest does not fit its content.")
        # Spaces, and a key that stands twice, are not in the digest.
        if read_bytes(path, _MEBIBYTE) != json_text(manifest).encode():
            raise BundleError("was changed: it is not written as `save` writes it.")
        if type(manifest.get("format")) is not int or manifest["format"] != FORMAT:
            raise BundleError(f"has format {manifest.get('format')!r}; this version of syntagma reads format {FORMAT}.")
    return manifest


def _check_files(folder: Path, manifest: dict[str, Any]) -> list[str]:
    """Check each file that the manifest lists; return their names."""
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
            raise BundleError("was changed: it is not the file that the manifest describes.", path=path)
    return list(files)


def _is_part(name: str) -> bool:
    return bool(_PART.fullmatch(name)) and name not in (*_LIMITS_BYTES, "manifest.json")


def _limit(name: str) -> int:
    return _LIMITS_BYTES.get(name, _PART_LIMIT_BYTES)


def _text(path: Path) -> str:
    return read_bytes(path, _limit(path.name)).decode("utf-8")
