"""Run each test with an argument `case` for every kind of model in the table; each is trained once."""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import task_table

import syntagma
from syntagma.data.options import ReadOptions
from syntagma.data.tables.table import Corpus
from syntagma.evaluation.pages import pictures
from syntagma.runs.training import Plan, RunResult, train
from syntagma.training.checkpoint import Checkpoint


class Trained(NamedTuple):
    """A finished training run. Tests must not change its folders or models.

    Attributes:
        run: Run folder.
        cut_off: Copy of the run folder after the first epoch, as after a power failure.
        corpus: Corpus before it was split.
        result: Result of the run.
        loaded: Model loaded from the run folder.
    """

    run: Path
    cut_off: Path
    corpus: Corpus
    result: RunResult
    loaded: Any

    @property
    def model(self) -> Any:
        return self.result.model


_RENDER = pictures._render_svg
# Recipes of the shared runs with pictures; the pictures of the other kinds of labels are drawn in `tests/evaluation`.
_DRAWN = ("classify", "tag", "tag-joint", "classify-series")


@pytest.fixture(autouse=True)
def _blank_pictures(blank_pictures: None) -> None:
    """Draw pictures only in the reports of shared runs."""


# Cases whose network is the same as that of another case.
_SAME_NETWORK = ("multilabel", "plain tags")


@pytest.fixture(
    params=[pytest.param(name, marks=[pytest.mark.backend_long] * (name in _SAME_NETWORK)) for name in task_table.CASES]
)
def case(request: pytest.FixtureRequest) -> task_table.Case:
    """Entry of the table."""
    return task_table.CASES[request.param]


@pytest.fixture(scope="session")
def trainings(tmp_path_factory: pytest.TempPathFactory) -> Callable[[task_table.Case], Trained]:
    """Function that returns the training run of a case, which is trained once."""
    done: dict[int, Trained] = {}

    def trainings(case: task_table.Case) -> Trained:
        if id(case) not in done:
            done[id(case)] = _train(case, tmp_path_factory.mktemp("trained"))
        return done[id(case)]

    return trainings


@pytest.fixture
def trained(case: task_table.Case, trainings: Callable[[task_table.Case], Trained]) -> Trained:
    """Training run of the case."""
    return trainings(case)


def _train(case: task_table.Case, folder: Path) -> Trained:
    name, rows = case.data
    (folder / name).write_text(rows, encoding="utf-8")
    run, cut_off = folder / "run", folder / "cut-off"
    save = Checkpoint.save

    def save_and_copy(checkpoint: Checkpoint, values: Any, arrays: Any) -> None:
        save(checkpoint, values, arrays)
        if not cut_off.exists() and (run / "history.jsonl").is_file():
            shutil.copytree(run, cut_off)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Checkpoint, "save", save_and_copy)
        if case.recipe in _DRAWN:
            patch.setattr(pictures, "_render_svg", _RENDER)
        result = train(Plan(case.small(), data=str(folder / name), out=run, seed=3, command=("syntagma", "train")))
    corpus = case.task.read(str(folder / name), ReadOptions(), None)
    return Trained(run, cut_off, corpus, result, syntagma.load(run))
