"""Training a recipe on a corpus into a run folder."""

import os
import platform
import shlex
import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from syntagma import backend
from syntagma.data.doubts import warnings_of
from syntagma.data.known_labels import label_names, with_known_labels
from syntagma.data.named import load_corpus
from syntagma.data.reading import ReadOptions
from syntagma.data.table import Corpus
from syntagma.errors import ConfigError
from syntagma.files import append_json_line, write_json
from syntagma.progress import note
from syntagma.recipes.schema import Recipe
from syntagma.runs.columns import reading_as_trained, with_columns
from syntagma.runs.folder import RunFolder, check_free, default_path, new_run_folder
from syntagma.runs.predictions import write_predictions
from syntagma.runs.splitting import split_with_rows
from syntagma.tasks.classifier import TextClassifier
from syntagma.tasks.results import Evaluation


@dataclass(frozen=True)
class Plan:
    """What to train on what, and where to.

    Attributes:
        recipe: The complete recipe.
        data: Path or name of the corpus; `None` takes the recipe's own.
        out: The run folder; `None` makes one under `runs/`.
        seed: Decides initial weights, dropout and order of batches.
        overwrite: Whether a run folder that exists is replaced.
        options: How files are read.
        command: The command line that repeats the run.
    """

    recipe: Recipe
    data: str | None = None
    out: Path | None = None
    seed: int = 0
    overwrite: bool = False
    options: ReadOptions = field(default_factory=ReadOptions)
    command: tuple[str, ...] = ()


@dataclass(frozen=True)
class RunResult:
    """A finished run.

    Attributes:
        folder: Where it lies.
        model: The trained model.
        evaluations: Scores on dev and test, as far as there are such splits.
        metrics: As in `metrics.json`.
    """

    folder: RunFolder
    model: TextClassifier
    evaluations: dict[str, Evaluation]
    metrics: dict[str, Any]

    @property
    def interrupted(self) -> bool:
        """Whether Ctrl-C ended training."""
        return self.model.ending_ == "interrupt"


def train(plan: Plan) -> RunResult:
    """Trains, scores and saves.

    Raises:
        DataError: The data break a rule.
        FolderError: The run folder may not be written.
    """
    if plan.out is not None:
        check_free(plan.out, plan.overwrite)
    started = time.monotonic()
    plan = replace(plan, options=reading_as_trained(plan.options, plan.recipe))
    corpus, rows = split_with_rows(_with_known_labels(_read(plan), plan), dev=plan.recipe.training.dev)
    plan = replace(plan, recipe=with_columns(plan.recipe, corpus.train, plan.options))
    for warning in warnings_of(corpus.train):
        note(warning)
    note(f"{corpus.name}: " + ", ".join(f"{len(table):,} {name}" for name, table in corpus.splits.items()))
    seconds = {"read": time.monotonic() - started}
    out = plan.out or default_path(plan.recipe.name, corpus.name)
    with new_run_folder(out, plan.overwrite) as folder:
        write_json(folder.run, _description(plan, corpus, status="training"))
        if rows:
            write_json(folder.split, rows)
        return _train_into(folder, plan, corpus, seconds)


def _read(plan: Plan) -> Corpus:
    source = plan.data or plan.recipe.corpus
    if source is None:
        raise ConfigError(f"recipe {plan.recipe.name!r} has no corpus of its own; give --data PATH_OR_NAME.")
    return load_corpus(source, plan.options)


def _with_known_labels(corpus: Corpus, plan: Plan) -> Corpus:
    """Finds labels that only dev or test has now, not after the training."""
    if "train" not in corpus:
        return corpus
    known = label_names(corpus.train.labels or [])
    checked = {
        name: with_known_labels(table, known, plan.options.bad_rows) if name in ("dev", "test") else table
        for name, table in corpus.splits.items()
    }
    return Corpus(corpus.name, checked)


def _train_into(folder: RunFolder, plan: Plan, corpus: Corpus, seconds: dict[str, float]) -> RunResult:
    model = TextClassifier(plan.recipe, seed=plan.seed)
    model.fit(corpus, on_epoch=lambda record: append_json_line(folder.history, record))
    model.save(folder.model)
    seconds.update(model.seconds_)
    if model.ending_ == "interrupt":
        note(f"Stopped by Ctrl-C; the model of epoch {model.best_epoch_} is kept.")
    started = time.monotonic()
    evaluations = {split: _score(folder, model, corpus, split) for split in ("dev", "test") if split in corpus}
    seconds["score"] = time.monotonic() - started
    metrics: dict[str, Any] = {split: evaluation.to_dict() for split, evaluation in evaluations.items()}
    metrics["seconds"] = {name: round(value, 3) for name, value in seconds.items()}
    write_json(folder.metrics, metrics)
    status = "interrupted" if model.ending_ == "interrupt" else "complete"
    write_json(folder.run, _description(plan, corpus, status, model))
    return RunResult(folder, model, evaluations, metrics)


def _score(folder: RunFolder, model: TextClassifier, corpus: Corpus, split: str) -> Evaluation:
    note(f"Scoring {len(corpus[split]):,} texts of {split}")
    probabilities = model.predict_proba(corpus[split])
    write_predictions(folder.predictions / f"{split}.parquet", corpus[split], probabilities, model.labels_)
    return model.evaluate_probabilities(corpus[split], probabilities)


def _description(plan: Plan, corpus: Corpus, status: str, model: TextClassifier | None = None) -> dict[str, Any]:
    recipe = plan.recipe if model is None else model.recipe_
    description: dict[str, Any] = {
        "syntagma": version("syntagma"),
        "status": status,
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": shlex.join(plan.command),
        "seed": plan.seed,
        "corpus": {
            "name": corpus.name,
            "source": corpus.train.source,
            "rows": {name: len(table) for name, table in corpus.splits.items()},
        },
        "versions": versions(),
        "machine": machine(),
        "recipe": recipe.model_dump(mode="json"),
    }
    if model is not None:
        description["ending"] = model.ending_
        description["best_epoch"] = model.best_epoch_
    return description


def versions() -> dict[str, str]:
    """Versions of Python, Keras and the framework in use."""
    return {"python": platform.python_version(), **backend.versions()}


def machine() -> dict[str, Any]:
    """System, processor, cores and backend that a figure was measured with."""
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "backend": backend.name(),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    flags = next((line for line in lines if line.startswith("flags")), "")
    instructions = "AVX-512" if "avx512f" in flags else "AVX2" if "avx2" in flags else "no AVX2"
    return f"{names[0] if names else platform.processor()} ({instructions})"
