"""Checkpoints from which training can resume after its process is killed. Each checkpoint is written atomically."""

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
    """Folder with the latest state of training. The first call to `save` creates the folder.

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
        """Return whether the folder contains a state from which training can resume."""
        return (self.folder / "state.json").is_file()

    def due(self) -> bool:
        """Return whether the next save is due.

        It is due when `seconds` have passed since the last call to `save`, or since this object was created.
        """
        return time.monotonic() - self._saved >= self._seconds

    def save(self, values: Mapping[str, Any], arrays: Mapping[str, AnyArray]) -> None:
        """Save a state, replacing the previous one.

        If writing fails, for example because the disk is full, the previous state is kept. A note is then printed and
        no error is raised, so that training can continue.

        Args:
            values: Values that can be stored as JSON.
            arrays: Arrays by name.
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
        """Return the values and the arrays that were saved last.

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
