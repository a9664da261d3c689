"""The folder of a run: what lies where, and how it comes and goes whole.

run.json        resolved recipe, seed, versions, machine, splits, the command that repeats it
split.json      row numbers of each split, where the data came unsplit
history.jsonl   one record an epoch
rates.json      learning rates that were tried and their losses, if that was wanted
checkpoint/     the state of the training, until it is complete
metrics.json    scores and seconds
predictions/    texts, gold labels and probabilities of model and baselines on dev and test, as Parquet
report/         report.html, report.json, report.md
model/          the bundle
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
    """Paths within a run folder."""

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
        """Return whether a run of ours is there."""
        return "syntagma" in self._read_run()

    def read(self) -> dict[str, Any]:
        """Return what `run.json` says.

        Raises:
            FolderError: The folder is no run folder.
        """
        if not self.is_run():
            raise FolderError("is no run folder: it has no run.json of ours.", path=self.path)
        return self._read_run()

    def is_worth_keeping(self, replaces: bool) -> bool:
        """Return whether a training that was cut off has come so far that it should be resumed.

        If it `replaces` an older run, that one comes back otherwise.
        """
        if any(self.path.glob("*/run.json")):  # one of several runs
            return True
        saved = (self.checkpoint / "state" / "state.json").is_file()
        return saved and (self.history.exists() or not replaces)

    def _read_run(self) -> dict[str, Any]:
        try:
            content = read_json(self.run, _LIMIT_BYTES)
        except InputError:
            return {}
        return content if isinstance(content, dict) else {}


def _is_ours(name: str) -> bool:
    run = vars(RunFolder("")).values()
    return name in {path.name for path in run} or name.startswith((".", "seed-", "fold-", "all-rows"))


def default_path(recipe: str, corpus: str) -> Path:
    """Return `runs/RECIPE-CORPUS`, with a number if that exists."""
    base = Path("runs") / f"{recipe}-{corpus}"
    numbered = (base.with_name(f"{base.name}-{number}") for number in itertools.count(2))
    return next(path for path in itertools.chain([base], numbered) if not path.exists())


def check_free(path: Path, overwrite: bool) -> None:
    """Refuse a folder that may not be written.

    Raises:
        FolderError: Something stands there and `overwrite` is not given, or it is no run folder of ours.
    """
    if not path.exists() or _holds_nothing(path):
        return
    if not RunFolder(path).is_run():
        raise FolderError("exists and is no run folder; it is never replaced. Name another --out.", path=path)
    if not overwrite:
        raise FolderError("exists; give --overwrite to replace this run, or name another --out.", path=path)
    foreign = sorted(entry.name for entry in path.iterdir() if not _is_ours(entry.name))
    if foreign:
        raise FolderError(
            f"holds {foreign[0]!r}, which no training wrote and --overwrite would remove. Move it away, or name "
            "another --out.",
            path=path,
        )


def _holds_nothing(path: Path) -> bool:
    """Return whether a folder is empty, but for what a training has left that was killed before it began."""
    return path.is_dir() and all(map(is_temporary, path.iterdir()))


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a folder for this process; the system lets go of it when the process ends, however it ends.

    Raises:
        FolderError: Another process holds it.
    """
    try:
        import fcntl
    except ImportError:  # no such locks on Windows
        yield
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            message = "another training is at work there; wait for its end, or name another --out."
            raise FolderError(message, path=folder) from error
        yield
    finally:
        os.close(descriptor)


@contextmanager
def new_run_folder(path: Path, overwrite: bool) -> Iterator[RunFolder]:
    """Create a fresh run folder at `path`, locked.

    An older run is moved aside, and removed when the block ends well. When the block raises, a training that has a
    finished epoch (or took no older run's place, and has a checkpoint) is left to be resumed; otherwise nothing is
    left, and the older run comes back.

    Raises:
        FolderError: See `check_free`; or another training is at work there, or the folder cannot be created.
    """
    _restore(path)
    check_free(path, overwrite)
    aside = _aside(path)
    parents = [parent for parent in path.parents if not parent.exists()]
    with ExitStack() as stack:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.exists():
                _move_aside(path, aside)
            path.mkdir(exist_ok=True)
            stack.enter_context(locked(path))
            remove_temporaries(path)
        except OSError as error:
            raise FolderError(f"cannot be created: {error.strerror}. Name another --out.", path=path) from error
        folder = RunFolder(path)
        try:
            yield folder
        except BaseException:
            if not folder.is_worth_keeping(replaces=aside.exists()):
                shutil.rmtree(path, ignore_errors=True)
                if aside.exists():
                    aside.rename(path)
                with suppress(OSError):  # somebody else may have put something there
                    for parent in parents:
                        parent.rmdir()
            raise
    shutil.rmtree(aside, ignore_errors=True)


@contextmanager
def reopened(path: Path) -> Iterator[RunFolder]:
    """Open a run folder to continue in, locked; whatever happens, what is there stays.

    Raises:
        FolderError: It is no run folder, or another training is at work there.
    """
    _restore(path)
    folder = RunFolder(path)
    folder.read()
    with locked(path):
        remove_temporaries(path)
        yield folder
    shutil.rmtree(_aside(path), ignore_errors=True)


def _aside(path: Path) -> Path:
    return path.with_name(f".{path.name}.replaced")


def _move_aside(path: Path, aside: Path) -> None:
    """Makes room. Where an older run lies aside already, what is at `path` took its place and was never finished."""
    with locked(path):
        if _holds_nothing(path):
            return
        if aside.exists():
            shutil.rmtree(path)
        else:
            path.rename(aside)


def _restore(path: Path) -> None:
    """Put the older run back that a training with --overwrite had moved aside, if that was killed before it began.

    Raises:
        FolderError: Another training is at work there.
    """
    aside, folder = _aside(path), RunFolder(path)
    if not aside.exists() or folder.is_worth_keeping(replaces=True):
        return
    if path.exists():
        with locked(path):
            if folder.model.is_dir() and folder.is_run() and folder.read().get("status") == "complete":
                shutil.rmtree(aside, ignore_errors=True)  # killed when only this was left to do
                return
            shutil.rmtree(path)
    aside.rename(path)
    note(f"{path}: put back the run that a training with --overwrite had moved aside, which was killed.")


def why_no_model(path: Path) -> str:
    """Return why a run folder holds no model: its training was cut off, or is at work; "" if it is no run folder."""
    aside, folder = _aside(path), RunFolder(path)
    older = f" The run that it was to replace is in {aside}." if aside.exists() else ""
    if not folder.is_run():
        return older.strip()
    resume = f"syntagma train --resume {shlex.quote(str(path))}"
    return f"its training is still at work, or was cut off; go on with it: {resume}.{older}"
