"""Training of a recipe on a corpus, and resumption of interrupted training."""

import shlex
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from syntagma import bundle
from syntagma.data.tables.table import Corpus
from syntagma.errors import ConfigError, FolderError
from syntagma.files import read_json, write_json, write_json_lines
from syntagma.progress import collect_left_out, note
from syntagma.recipes import catalog
from syntagma.runs.folder import RunFolder, new_run_folder, reopen_run_folder
from syntagma.runs.machine import machine, versions
from syntagma.runs.plan import Fold, Plan
from syntagma.runs.scoring import Scores, Scoring, Stopwatch
from syntagma.runs.splitting import split_with_rows
from syntagma.tasks.estimator import Estimator
from syntagma.tasks.results import BaseEvaluation
from syntagma.tasks.resuming import check_changes
from syntagma.tasks.task import Task
from syntagma.training.rates import RateTrial

__all__ = ["Fold", "Plan", "RunResult", "resume", "train"]

_LIMIT_BYTES = 1 << 20


@dataclass(frozen=True)
class RunResult:
    """Result of a training run.

    Attributes:
        folder: Run folder with all files of the run.
        task: Task of the recipe.
        model: Trained model.
        scores: Scores of the model, and of the baselines if they were trained.
    """

    folder: RunFolder
    task: Task[Any]
    model: Estimator
    scores: Scores

    @property
    def evaluations(self) -> dict[str, BaseEvaluation]:
        """Scores of the model on dev and test, by split name. A split that the corpus lacks is left out."""
        return self.scores.evaluations

    @property
    def metrics(self) -> dict[str, Any]:
        """Content of `metrics.json`."""
        return self.scores.metrics

    @property
    def interrupted(self) -> bool:
        """Whether training was stopped with Ctrl-C."""
        return self.model.ending_ == "interrupt"


def train(plan: Plan) -> RunResult:
    """Train a model, score it, and save everything in a run folder.

    If Ctrl-C is pressed after the first epoch, the best model so far is scored and saved.

    Raises:
        DataError: If the data is invalid.
        FolderError: If the run folder must not be written to, or if another process is training there.
        KeyboardInterrupt: If Ctrl-C is pressed before the end of the first epoch.
    """
    with new_run_folder(plan.folder, plan.overwrite) as folder:
        return _run(folder, plan)


def resume(path: Path, settings: Sequence[str] = ()) -> RunResult:
    """Resume training that was killed or interrupted.

    The final weights are identical to those of uninterrupted training.

    Args:
        path: Path of the run folder.
        settings: Changes to the recipe, such as `training.epochs=20`. Only limits of the training, such as the number
            of epochs, can be changed.

    Raises:
        FolderError: If the path is not a run folder, if the run is complete, if another process is training there, or
            if the checkpoint is damaged.
        ConfigError: If a setting cannot be changed, or if training began with another backend.
        DataError: If the data is missing or has changed since training began.
    """
    with reopen_run_folder(path) as folder:
        run = folder.read()
        if run.get("status") == "complete":
            raise FolderError(
                "is complete, so there is nothing to resume. Start a new run, or continue from its model with --from.",
                path=path,
            )
        plan = Plan.from_run(run, path)
        began = run.get("machine", {})
        if began.get("backend", machine()["backend"]) != machine()["backend"]:
            raise ConfigError(
                f"{path} was started with KERAS_BACKEND={began['backend']}; got {machine()['backend']}, whose results "
                "differ. Use the same backend."
            )
        if run.get("versions", versions()) != versions():
            note(f"{path}: started with {_format_versions(run['versions'])}, now {_format_versions(versions())}.")
        # "lstm" includes the instruction set and threads of the kernel. Older runs, without it, used Keras' LSTM.
        for name, default in (("cores", None), ("lstm", "Keras' LSTM")):
            before, now = began.get(name, default), machine()[name]
            if before != now:
                note(f"{path}: {name} was {before} at the start, now {now}; the last bits of the weights may differ.")
        recipe = catalog.change(plan.recipe, settings)
        check_changes(plan.recipe, recipe)
        return _run(folder, replace(plan, recipe=recipe))


def _format_versions(numbers: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {number}" for name, number in numbers.items())


def _run(folder: RunFolder, plan: Plan) -> RunResult:
    watch = Stopwatch()
    write_json(folder.run, describe_run(plan, {"name": plan.corpus_name}, status="training"))
    with watch.phase("read"), collect_left_out() as left_out:
        plan, corpus, rows, doubts = _prepare(plan)
    corpus_facts = {
        "name": corpus.name,
        "source": corpus.train.source,
        "sources": {name: table.source for name, table in corpus.splits.items()},
        "rows": {name: len(table) for name, table in corpus.splits.items()},
    }
    write_json(folder.run, describe_run(plan, corpus_facts, status="training"))
    if rows:
        write_json(folder.split, rows)
    with collect_left_out() as left_out_of_training:
        model = _fit(folder, plan, corpus)
    watch.seconds.update(model.seconds_)
    model.save(folder.model)
    if model.ending_ == "interrupt":
        note(f"Stopped by Ctrl-C; the model of epoch {model.best_epoch_} is kept. {resume_hint(folder.path)}")
    status = "interrupted" if model.ending_ == "interrupt" else "complete"
    run = describe_run(plan, corpus_facts, "training", model) | {"doubts": [*left_out, *left_out_of_training, *doubts]}
    if folder.rates.is_file():
        run["rates"] = read_json(folder.rates, _LIMIT_BYTES)
    scoring = Scoring(plan.task, model, folder, run, watch, report=plan.report)
    scores = scoring.score(corpus, baselines=plan.baselines and status == "complete")
    write_json(folder.run, run | {"status": status})
    if status == "complete":
        shutil.rmtree(folder.checkpoint, ignore_errors=True)
    return RunResult(folder, plan.task, model, scores)


def resume_hint(path: Path) -> str:
    """Return a hint with the command that resumes a run."""
    return f"Resume with: syntagma train --resume {shlex.quote(str(path))}"


def _prepare(plan: Plan) -> tuple[Plan, Corpus, dict[str, list[int]], list[str]]:
    """Read, check and split the data.

    Returns:
        The plan, the corpus with its splits, the row numbers of each created split, and warnings about the data. The
        recipe of the plan also stores how the data was read, so that other files can be read in the same way.
    """
    task = plan.task
    corpus = task.check_corpus(task.read(plan.source, plan.options, plan.recipe), plan.options)
    corpus, rows = split_with_rows(corpus, plan)
    task.check_sizes(corpus)
    note(f"{corpus.name}: " + ", ".join(f"{len(table):,} {name}" for name, table in corpus.splits.items()))
    doubts = task.data_warnings(corpus)
    for doubt in doubts:
        note(doubt)
    return replace(plan, recipe=task.store_options(plan.recipe, corpus, plan.options)), corpus, rows, doubts


def _fit(folder: RunFolder, plan: Plan, corpus: Corpus) -> Estimator:
    def remember(_: dict[str, Any]) -> None:
        write_json_lines(folder.history, model.history_)

    def keep_rates(trial: RateTrial) -> None:
        note(_advice(trial, plan.recipe.training.learning_rate))
        write_json(folder.rates, {"rates": trial.rates, "losses": trial.losses, "suggested": trial.suggested})

    start = None if plan.start_from is None else plan.task.load_model(bundle.read(plan.start_from))
    model = plan.task.new_model(plan.recipe, plan.seed)
    on_rates = keep_rates if plan.find_rate else None
    return model.fit(corpus, on_epoch=remember, checkpoint=folder.checkpoint, start_from=start, on_rates=on_rates)


def _advice(trial: RateTrial, rate: float) -> str:
    if trial.suggested is None:
        return f"Learning-rate range test: no rate reduced the loss; training continues with {rate:g}."
    return (
        f"Learning-rate range test: the loss is lowest at about {10 * trial.suggested:g}, so a good first choice is "
        f"--set training.learning_rate={trial.suggested:g}; training continues with the recipe's {rate:g}."
    )


def describe_run(plan: Plan, corpus: dict[str, Any], status: str, model: Estimator | None = None) -> dict[str, Any]:
    """Return the content of `run.json`.

    Args:
        plan: Plan of the run.
        corpus: Description of the corpus, with at least its `name`.
        status: Status of the run: "training", "interrupted" or "complete".
        model: Trained model. `None` before the end of training.
    """
    recipe = plan.recipe if model is None else model.recipe_
    description: dict[str, Any] = {
        "syntagma": version("syntagma"),
        "status": status,
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": shlex.join(plan.command),
        "arguments": list(plan.command),
        "seed": plan.seed,
        "plan": plan.to_dict(),
        "corpus": corpus,
        "versions": versions(),
        "machine": machine(),
        "recipe": recipe.model_dump(mode="json"),
    }
    if model is not None:
        description["ending"] = model.ending_
        description["best_epoch"] = model.best_epoch_
    return description
