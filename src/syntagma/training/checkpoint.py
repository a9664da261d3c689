"""A training on disk, so that a killed process costs nothing: written beside, flushed, put in place in one step."""

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from syntagma.errors import FolderError, InputError
from syntagma.files import read_json, replacing_folder, sha256_of, write_arrays
from syntagma.progress import note
from syntagma.shapes import AnyArray

_LIMIT_BYTES = 1 << 30


class Checkpoint:
    """The state of a training in a folder, which the first save creates; a save is due every so many seconds.

    state.json           plain values and the digest of the arrays
    state.safetensors    arrays
    """

    def __init__(self, folder: Path, seconds: float = 60.0):
        self.folder = folder
        self._seconds = seconds
        self._saved = time.monotonic()

    def exists(self) -> bool:
        """Return whether there is a state to go on from."""
        return (self.folder / "state.json").is_file()

    def due(self) -> bool:
        """Return whether it is time to save again."""
        return time.monotonic() - self._saved >= self._seconds

    def save(self, values: Mapping[str, Any], arrays: Mapping[str, AnyArray]) -> None:
        """Replace the state. If that fails (a full disk), the older state stays, and training need not end."""
        self._saved = time.monotonic()
        try:
            with replacing_folder(self.folder) as temporary:
                write_arrays(temporary / "state.safetensors", arrays)
                digest = sha256_of(temporary / "state.safetensors")
                content = json.dumps({"sha256": digest, "values": values})
                (temporary / "state.json").write_text(content, encoding="utf-8")
        except OSError as error:
            note(f"{self.folder}: the checkpoint could not be written ({error.strerror or error}); training goes on.")

    def load(self) -> tuple[dict[str, Any], dict[str, AnyArray]]:
        """Return the state that was saved last.

        Raises:
            FolderError: It is damaged.
        """
        from safetensors import SafetensorError
        from safetensors.numpy import load_file

        arrays = self.folder / "state.safetensors"
        try:
            content = read_json(self.folder / "state.json", _LIMIT_BYTES)
            if content["sha256"] != sha256_of(arrays):
                raise FolderError("is damaged: the arrays are not those that the state names.", path=self.folder)
            return content["values"], dict(load_file(arrays))
        except (OSError, KeyError, TypeError, SafetensorError, InputError) as error:
            if isinstance(error, FolderError):
                raise
            raise FolderError(f"is damaged ({error}). Start anew with --overwrite.", path=self.folder) from error
