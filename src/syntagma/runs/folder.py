"""The folder of a run: what lies where, and how it comes and goes whole.

run.json        resolved recipe, seed, versions, machine, splits, the command that repeats it
split.json      row numbers of each split, where the data came unsplit
history.jsonl   one record an epoch
metrics.json    scores and seconds
predictions/    texts, gold labels and probabilities on dev and test, as Parquet
model/          the bundle
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from syntagma.errors import FolderError, InputError
from syntagma.files import read_json

_LIMIT_BYTES = 256 << 20


class RunFolder:
    """Paths within a run folder.

    Args:
        path: The folder.
    """

    def __init__(self, path: str | Path):
        self.path = Path(path)
        self.run = self.path / "run.json"
        self.split = self.path / "split.json"
        self.history = self.path / "history.jsonl"
        self.metrics = self.path / "metrics.json"
        self.predictions = self.path / "predictions"
        self.model = self.path / "model"

    def is_run(self) -> bool:
        """Whether a run of ours lies there."""
        return isinstance(self._read_run(), dict) and "syntagma" in self._read_run()

    def read(self) -> dict[str, Any]:
        """What `run.json` says.

        Raises:
            FolderError: The folder is no run folder.
        """
        if not self.is_run():
            raise FolderError("is no run folder: it has no run.json of ours.", path=self.path)
        return self._read_run()

    def _read_run(self) -> dict[str, Any]:
        try:
            content = read_json(self.run, _LIMIT_BYTES)
        except InputError:
            return {}
        return content if isinstance(content, dict) else {}


def default_path(recipe: str, corpus: str) -> Path:
    """`runs/RECIPE-CORPUS`, with a number where that exists."""
    base = Path("runs") / f"{recipe}-{corpus}"
    path, number = base, 1
    while path.exists():
        number += 1
        path = base.with_name(f"{base.name}-{number}")
    return path


def check_free(path: Path, overwrite: bool) -> None:
    """Refuses a folder that may not be written.

    Raises:
        FolderError: Something stands there and `overwrite` is not given, or it is no run folder of ours.
    """
    if not path.exists() or (path.is_dir() and not any(path.iterdir())):
        return
    if not RunFolder(path).is_run():
        raise FolderError("exists and is no run folder; it is never replaced. Name another --out.", path=path)
    if not overwrite:
        raise FolderError("exists; give --overwrite to replace this run, or name another --out.", path=path)


@contextmanager
def new_run_folder(path: Path, overwrite: bool) -> Iterator[RunFolder]:
    """A fresh run folder at `path`.

    An older run is moved aside and comes back when the block raises; it is removed when the block ends well.

    Raises:
        FolderError: See `check_free`, or the folder cannot be created.
    """
    check_free(path, overwrite)
    aside = path.with_name(f".{path.name}.replaced")
    parents = [parent for parent in path.parents if not parent.exists()]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists():
            shutil.rmtree(aside, ignore_errors=True)
            path.rename(aside)
        path.mkdir()
    except OSError as error:
        raise FolderError(f"cannot be created: {error.strerror}. Name another --out.", path=path) from error
    try:
        yield RunFolder(path)
    except BaseException:
        shutil.rmtree(path, ignore_errors=True)
        if aside.exists():
            aside.rename(path)
        with suppress(OSError):  # somebody else may have put something there
            for parent in parents:
                parent.rmdir()
        raise
    shutil.rmtree(aside, ignore_errors=True)
