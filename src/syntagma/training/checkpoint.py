"""Checkpoints of training, from which a killed process can resume; each is written atomically."""

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from syntagma.errors import FolderError, InputError
from syntagma.files import atomic_write_folder, read_json, sha256_of, write_arrays
from syntagma.progress import note
from syntagma.shapes import AnyArray

_LIMIT_BYTES = 1 << 30


class Checkpoint:
    """Folder with the latest state of training; the first save creates it.

    state.json           plain values, and the SHA-256 digest of the arrays
    state.safetensors    arrays

    Args:
        folder: Folder of the checkpoint.
        seconds: Time in seconds after which the next save is due.
    """

    def __init__(self, folder: Path, seconds: float = 60.0):
        self.folder = folder
        self._seconds = seconds
        self._saved = time.monotonic()

    def exists(self) -> bool:
        """Return whether the folder has a state to resume from."""
        return (self.folder / "state.json").is_file()

    def due(self) -> bool:
        """Return whether the last save was at least `seconds` ago."""
        return time.monotonic() - self._saved >= self._seconds

    def save(self, values: Mapping[str, Any], arrays: Mapping[str, AnyArray]) -> None:
        """Replace the saved state.

        If writing fails, for example because the disk is full, the older state is kept and a note is printed instead of
        an error, so training can continue.
        """
        self._saved = time.monotonic()
        try:
            with atomic_write_folder(self.folder) as temporary:
                write_arrays(temporary / "state.safetensors", arrays)
                digest = sha256_of(temporary / "state.safetensors")
                content = json.dumps({"sha256": digest, "values": values})
                (temporary / "state.json").write_text(content, encoding="utf-8")
        except OSError as error:
            note(f"{self.folder}: the checkpoint could not be written ({error.strerror or error}); training continues.")

    def load(self) -> tuple[dict[str, Any], dict[str, AnyArray]]:
        """Return the values and arrays of the last save.

        Raises:
            FolderError: If the checkpoint is damaged.
        """
        from safetensors import SafetensorError
        from safetensors.numpy import load_file

        arrays = self.folder / "state.safetensors"
        try:
            content = read_json(self.folder / "state.json", _LIMIT_BYTES)
            if content["sha256"] != sha256_of(arrays):
                raise FolderError("is damaged: the arrays do not match the digest in state.json.", path=self.folder)
            return content["values"], dict(load_file(arrays))
        except (OSError, KeyError, TypeError, SafetensorError, InputError) as error:
            if isinstance(error, FolderError):
                raise
            raise FolderError(f"is damaged ({error}). Start again with --overwrite.", path=self.folder) from error
