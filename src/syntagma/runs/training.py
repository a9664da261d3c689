"""Training a recipe on a corpus into a run folder, and going on with a training that was cut off."""

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
from syntagma.progress import note
from syntagma.recipes import catalog
from syntagma.runs.folder import RunFolder, new_run_folder, reopened
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
    """A finished run."""

    folder: RunFolder
    task: Task[Any]
    model: Estimator
    scores: Scores

    @property
    def evaluations(self) -> dict[str, BaseEvaluation]:
        """Return the scores on dev and test, as far as there are such splits."""
        return self.scores.evaluations

    @property
    def metrics(self) -> dict[str, Any]:
        """Return the content of `metrics.json`."""
        return self.scores.metrics

    @property
    def interrupted(self) -> bool:
        """Return whether Ctrl-C ended training."""
        return self.model.ending_ == "interrupt"


def train(plan: Plan) -> RunResult:
    """Train, score and save.

    Raises:
        DataError: The data break a rule.
        FolderError: The run folder may not be written, or another training is at work there.
        KeyboardInterrupt: Ctrl-C before the first epoch was over.
    """
    with new_run_folder(plan.folder, plan.overwrite) as folder:
        return _run(folder, plan)


def resume(path: Path, settings: Sequence[str] = ()) -> RunResult:
    """Continue a training that was killed or interrupted, and end with the weights that it would have had.

    The `path.to.key=value` changes in `settings` may set limits of the training only.

    Raises:
        FolderError: It is no run folder, complete, in use, or its checkpoint is damaged.
        ConfigError: A setting that may not change, or another backend.
        DataError: The data are gone, or are not those that the training began with.
    """
    with reopened(path) as folder:
        run = folder.read()
        if run.get("status") == "complete":
            raise FolderError("is complete: nothing is left to resume. Train anew, or go on with --from.", path=path)
        plan = Plan.from_run(run, path)
        began = run.get("machine", {})
        if began.get("backend", machine()["backend"]) != machine()["backend"]:
            raise ConfigError(
                f"{path} began with KERAS_BACKEND={began['backend']}; got {machine()['backend']}, whose numbers are "
                "others. Use the same."
            )
        if run.get("versions", versions()) != versions():
            note(f"{path}: began with {_listed(run['versions'])}; now it is {_listed(versions())}.")
        # The kernel's instructions and threads are part of what "lstm" says; older runs had Keras' own loop.
        for what, unsaid in (("cores", None), ("lstm", "Keras' own loop")):
            before, now = began.get(what, unsaid), machine()[what]
            if before != now:
                note(f"{path}: {what} was {before} when it began, now {now}; the last bits of the weights may differ.")
        recipe = catalog.change(plan.recipe, settings)
        check_changes(plan.recipe, recipe)
        return _run(folder, replace(plan, recipe=recipe))


def _listed(numbers: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {number}" for name, number in numbers.items())


def _run(folder: RunFolder, plan: Plan) -> RunResult:
    watch = Stopwatch()
    write_json(folder.run, describe_run(plan, {"name": plan.corpus_name}, status="training"))
    with watch.phase("read"):
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
    model = _fitted(folder, plan, corpus)
    watch.seconds.update(model.seconds_)
    model.save(folder.model)
    if model.ending_ == "interrupt":
        note(f"Stopped by Ctrl-C; the model of epoch {model.best_epoch_} is kept. {how_to_go_on(folder.path)}")
    status = "interrupted" if model.ending_ == "interrupt" else "complete"
    run = describe_run(plan, corpus_facts, "training", model) | {"doubts": doubts}
    if folder.rates.is_file():
        run["rates"] = read_json(folder.rates, _LIMIT_BYTES)
    scoring = Scoring(plan.task, model, folder, run, watch, report=plan.report)
    scores = scoring.score(corpus, baselines=plan.baselines and status == "complete")
    write_json(folder.run, run | {"status": status})
    if status == "complete":
        shutil.rmtree(folder.checkpoint, ignore_errors=True)
    return RunResult(folder, plan.task, model, scores)


def how_to_go_on(path: Path) -> str:
    """Return the sentence with the command that continues a run."""
    return f"Go on with: syntagma train --resume {shlex.quote(str(path))}"


def _prepare(plan: Plan) -> tuple[Plan, Corpus, dict[str, list[int]], list[str]]:
    """Read and split the data; the plan comes back with what other files need to be read alike."""
    task = plan.task
    corpus = task.check_corpus(task.read(plan.source, plan.options, plan.recipe), plan.options)
    corpus, rows = split_with_rows(corpus, plan)
    task.check_sizes(corpus)
    note(f"{corpus.name}: " + ", ".join(f"{len(table):,} {name}" for name, table in corpus.splits.items()))
    doubts = task.data_warnings(corpus)
    for doubt in doubts:
        note(doubt)
    return replace(plan, recipe=task.store_options(plan.recipe, corpus, plan.options)), corpus, rows, doubts


def _fitted(folder: RunFolder, plan: Plan, corpus: Corpus) -> Estimator:
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
        return f"Learning rates: no rate made the loss fall; training goes on with {rate:g}."
    return (
        f"Learning rates: the loss is lowest at about {10 * trial.suggested:g}, so {trial.suggested:g} is a good first "
        f"try (--set training.learning_rate={trial.suggested:g}); training goes on with the recipe's {rate:g}."
    )


def describe_run(plan: Plan, corpus: dict[str, Any], status: str, model: Estimator | None = None) -> dict[str, Any]:
    """Return the content of `run.json`; the status is "training", "interrupted" or "complete"."""
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
