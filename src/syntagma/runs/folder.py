"""The run folder: its files, and functions that create, replace and reopen it safely.

run.json        resolved recipe, seed, versions, machine, splits, and the command that reproduces the run
split.json      row numbers of each split, if the splits were created automatically
history.jsonl   training history, one record per epoch
rates.json      learning rates and losses of the learning-rate range test, if it was run
checkpoint/     training state, removed when training is complete
metrics.json    scores, and seconds per phase
predictions/    rows of dev and test with gold labels, and the predictions of the model and the baselines
report/         report.html, report.json, report.md
model/          bundle with the trained model
"""

import itertools
import os
import shlex
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from syntagma.errors import FolderError, InputError
from syntagma.files import is_temporary, read_json, remove_temporaries
from syntagma.progress import note

_LIMIT_BYTES = 256 << 20


class RunFolder:
    """Paths of the files and folders in a run folder.

    Args:
        path: Path of the run folder, which does not need to exist.
    """

    def __init__(self, path: str | Path):
        self.path = Path(path)
        self.run = self.path / "run.json"
        self.split = self.path / "split.json"
        self.history = self.path / "history.jsonl"
        self.rates = self.path / "rates.json"
        self.metrics = self.path / "metrics.json"
        self.predictions = self.path / "predictions"
        self.report = self.path / "report"
        self.checkpoint = self.path / "checkpoint"
        self.model = self.path / "model"

    def is_run(self) -> bool:
        """Return whether the folder contains a run of Syntagma."""
        return "syntagma" in self._read_run()

    def read(self) -> dict[str, Any]:
        """Return the content of `run.json`.

        Raises:
            FolderError: If the folder is not a run folder.
        """
        if not self.is_run():
            if not self.path.exists():
                raise FolderError("does not exist.", path=self.path)
            raise FolderError("is not a run folder: it has no run.json written by Syntagma.", path=self.path)
        return self._read_run()

    def is_worth_keeping(self, replaces: bool) -> bool:
        """Return whether an interrupted run has progressed far enough to be kept for resuming.

        A single run must have a checkpoint. If it replaces an older run, it must also have finished an epoch. For a
        repetition (a folder with several runs), it is enough that one of its runs has started.

        Args:
            replaces: Whether the run replaces an older run.
        """
        if any(self.path.glob("*/run.json")):  # a repetition with several runs
            return True
        saved = (self.checkpoint / "state" / "state.json").is_file()
        return saved and (self.history.exists() or not replaces)

    def _read_run(self) -> dict[str, Any]:
        try:
            content = read_json(self.run, _LIMIT_BYTES)
        except InputError:
            return {}
        return content if isinstance(content, dict) else {}


def _is_run_entry(name: str) -> bool:
    """Return whether training could have created a file or folder with this name in a run folder.

    When a run is replaced, nothing else may be deleted.
    """
    run = vars(RunFolder("")).values()
    return name in {path.name for path in run} or name.startswith((".", "seed-", "fold-", "all-rows"))


def default_path(recipe: str, corpus: str) -> Path:
    """Return a path that does not exist: `runs/RECIPE-CORPUS`, with a numeric suffix if necessary."""
    base = Path("runs") / f"{recipe}-{corpus}"
    numbered = (base.with_name(f"{base.name}-{number}") for number in itertools.count(2))
    return next(path for path in itertools.chain([base], numbered) if not path.exists())


def check_free(path: Path, overwrite: bool) -> None:
    """Raise an error if a new run must not be written to a path.

    A path is free if it does not exist or is an empty folder. A run folder that contains only files of the run is
    also free if it may be overwritten.

    Args:
        path: Path of the new run folder.
        overwrite: Whether an existing run may be replaced.

    Raises:
        FolderError: If the path is not free.
    """
    if not path.exists() or _is_empty(path):
        return
    if not RunFolder(path).is_run():
        raise FolderError("exists and is not a run folder, so it is not replaced. Choose another --out.", path=path)
    if not overwrite:
        raise FolderError("exists; pass --overwrite to replace this run, or choose another --out.", path=path)
    foreign = sorted(entry.name for entry in path.iterdir() if not _is_run_entry(entry.name))
    if foreign:
        raise FolderError(
            f"contains {foreign[0]!r}, which does not belong to a run and would be deleted by --overwrite. Move it, or "
            "choose another --out.",
            path=path,
        )


def _is_empty(path: Path) -> bool:
    """Return whether a path is a folder that is empty, apart from temporary files of a process that was killed."""
    return path.is_dir() and all(map(is_temporary, path.iterdir()))


@contextmanager
def lock_folder(folder: Path) -> Iterator[None]:
    """Lock a folder for this process until the end of the `with` block.

    The operating system releases the lock when the process ends, even if it is killed. On Windows, nothing is locked.

    Raises:
        FolderError: If another process holds the lock.
    """
    try:
        import fcntl
    except ImportError:  # Windows
        yield
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            message = "another process is training in this folder; wait until it ends, or choose another --out."
            raise FolderError(message, path=folder) from error
        yield
    finally:
        os.close(descriptor)


@contextmanager
def new_run_folder(path: Path, overwrite: bool) -> Iterator[RunFolder]:
    """Create and lock a new run folder for the duration of a `with` block.

    An older run at this path is moved to a backup, which is deleted when the block succeeds. If the block raises an
    exception, the new run is kept if it can be resumed (see `RunFolder.is_worth_keeping`). Otherwise, the new run is
    deleted and the older run, if any, is restored.

    Args:
        path: Path of the run folder. Missing parent folders are created.
        overwrite: Whether an existing run may be replaced.

    Raises:
        FolderError: If the path is not free (see `check_free`), if another process is training there, or if the folder
            cannot be created.
    """
    _restore_backup(path)
    check_free(path, overwrite)
    backup = _backup_path(path)
    parents = [parent for parent in path.parents if not parent.exists()]
    with ExitStack() as stack:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.exists():
                _move_to_backup(path, backup)
            path.mkdir(exist_ok=True)
            stack.enter_context(lock_folder(path))
            remove_temporaries(path)
        except OSError as error:
            raise FolderError(f"cannot be created: {error.strerror}. Choose another --out.", path=path) from error
        folder = RunFolder(path)
        try:
            yield folder
        except BaseException:
            if not folder.is_worth_keeping(replaces=backup.exists()):
                shutil.rmtree(path, ignore_errors=True)
                if backup.exists():
                    backup.rename(path)
                with suppress(OSError):  # not empty: other processes may have written there
                    for parent in parents:
                        parent.rmdir()
            raise
    shutil.rmtree(backup, ignore_errors=True)


@contextmanager
def reopen_run_folder(path: Path) -> Iterator[RunFolder]:
    """Open and lock an existing run folder for the duration of a `with` block, to resume training in it.

    The content of the folder is kept even if the block raises an exception.

    Raises:
        FolderError: If the path is not a run folder, or if another process is training there.
    """
    _restore_backup(path)
    folder = RunFolder(path)
    folder.read()
    with lock_folder(path):
        remove_temporaries(path)
        yield folder
    shutil.rmtree(_backup_path(path), ignore_errors=True)


def _backup_path(path: Path) -> Path:
    return path.with_name(f".{path.name}.replaced")


def _move_to_backup(path: Path, backup: Path) -> None:
    """Move the older run at `path` to `backup`.

    If `backup` exists already, it contains the older run. In this case, the run at `path` is an unfinished replacement
    and is deleted instead.
    """
    with lock_folder(path):
        if _is_empty(path):
            return
        if backup.exists():
            shutil.rmtree(path)
        else:
            path.rename(backup)


def _restore_backup(path: Path) -> None:
    """Restore an older run from its backup if the run that was to replace it was killed early.

    Nothing is restored if the newer run is complete or can be resumed.

    Raises:
        FolderError: If another process is training in the folder.
    """
    backup, folder = _backup_path(path), RunFolder(path)
    if not backup.exists() or folder.is_worth_keeping(replaces=True):
        return
    if path.exists():
        with lock_folder(path):
            if folder.model.is_dir() and folder.is_run() and folder.read().get("status") == "complete":
                shutil.rmtree(backup, ignore_errors=True)  # killed just before this last step
                return
            shutil.rmtree(path)
    backup.rename(path)
    note(f"{path}: restored the previous run, because the training that was to replace it was killed.")


def explain_missing_model(path: Path) -> str:
    """Return the reason why a folder contains no model, with a remedy, for an error message.

    In a run folder without a model, training is either still running or was interrupted. If the path is not a run
    folder, the result is "" or, if there is a backup of an older run, a sentence with its location.
    """
    backup, folder = _backup_path(path), RunFolder(path)
    older = f" The previous run, which it was to replace, is in {backup}." if backup.exists() else ""
    if not folder.is_run():
        return older.strip()
    resume = f"syntagma train --resume {shlex.quote(str(path))}"
    return f"its training is still running or was interrupted; resume it with: {resume}.{older}"
