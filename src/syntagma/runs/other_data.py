"""What evaluating a model of any task asks of its run, and of the data that it is evaluated on."""

from pathlib import Path
from typing import Any

from syntagma.data.tables.table import Corpus, Table
from syntagma.errors import DataError, FolderError
from syntagma.progress import note
from syntagma.runs.folder import RunFolder
from syntagma.runs.machine import machine, versions


def check_report(folder: Path | None) -> None:
    """Refuses to write a report over something else.

    Raises:
        FolderError: The folder holds something, and no report.
    """
    if folder is not None and folder.exists() and any(folder.iterdir()) and not (folder / "report.json").is_file():
        raise FolderError("exists and holds no report; it is never replaced. Name another folder.", path=folder)


def run_with_rows(folder: Path) -> RunFolder:
    """The run of a folder, which has kept the rows that it was not trained on.

    Raises:
        FolderError: It is a bundle alone.
    """
    run = RunFolder(folder)
    if not run.is_run():
        raise FolderError("is a saved model, which holds no rows to score; give some with --data.", path=folder)
    return run


def has_seen_all_rows(run: RunFolder) -> bool:
    """Whether the model was trained on the rows that the run tested: on all, after folds."""
    return bool(run.read().get("repetition", {}).get("kind") == "folds")


def note_own_rows(folder: Path, source: str) -> None:
    """Says so where data are those that a model was trained on."""
    run = RunFolder(folder)
    own = run.read()["corpus"].get("source", "") if run.is_run() else ""
    if own and Path(own).exists() and Path(source).exists() and Path(own).samefile(source):
        note(f"{source}: the model was trained on rows of this file; its score on them says little.")


def chosen_split(corpus: Corpus, data: str, split: str | None) -> Table:
    """The split that is asked for, or the test split; of one file all.

    Raises:
        DataError: There is none.
    """
    if split is None and set(corpus.splits) == {"train"}:
        return corpus.train
    if (split or "test") not in corpus:
        found = ", ".join(corpus.splits)
        raise DataError(f"{data} has no split {split or 'test'!r}; found: {found}. Name one with --split.")
    return corpus[split or "test"]


def facts_of(folder: Path, data: str) -> dict[str, Any]:
    """What a report on other data says of how it came to be."""
    command = f"syntagma evaluate {folder}"
    return {"versions": versions(), "machine": machine(), "seed": None, "command": command, "corpus": {"name": data}}
