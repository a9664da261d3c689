"""Repeated training of a recipe, with different seeds or on cross-validation folds."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import mean, stdev
from typing import Any, Literal

from syntagma.errors import ConfigError, FolderError
from syntagma.files import read_json, read_json_lines, write_json
from syntagma.progress import note
from syntagma.recipes import catalog
from syntagma.runs.folder import RunFolder, new_run_folder, reopen_run_folder
from syntagma.runs.plan import Fold, Plan
from syntagma.runs.scoring import SCORED, Scores, Scoring, Stopwatch, stored_predictions
from syntagma.runs.training import describe_run, resume, resume_hint, train
from syntagma.tasks.estimator import Estimator
from syntagma.tasks.registry import load
from syntagma.tasks.resuming import check_changes
from syntagma.tasks.task import Task

_LIMIT_BYTES = 256 << 20
_WHOLE = "all-rows"
# Metrics that decide between runs with equal main metrics: the first that a task has.
_LOSSES = ("log_loss", "perplexity")
_NOTE_ON_FOLDS = (
    "Scores are from {folds}-fold cross-validation: each row was predicted by a model that was not trained on it. The "
    "saved model is trained on all rows."
)


@dataclass(frozen=True)
class Repetition:
    """Settings of repeated training, with different seeds or on cross-validation folds.

    Attributes:
        kind: "seeds" to train with different seeds, or "folds" for cross-validation.
        count: Number of seeds or folds, at least 2.
        ensemble: Whether to average the models of all seeds.

    Raises:
        ConfigError: If `count` is below 2, or if an ensemble is requested for cross-validation.
    """

    kind: Literal["seeds", "folds"]
    count: int
    ensemble: bool = False

    def __post_init__(self) -> None:
        if self.count < 2:
            raise ConfigError(f"--{self.kind} must be at least 2 to compute a standard deviation; got {self.count}.")
        if self.ensemble and self.kind == "folds":
            raise ConfigError("--ensemble averages models of the same training rows: use it with --seeds.")

    def plans(self, plan: Plan, folder: Path) -> dict[str, Plan]:
        """Return a dictionary with the plan of each run, keyed by the name of its run folder.

        Args:
            plan: Plan to repeat.
            folder: Folder that is to contain the run folders.
        """
        if self.kind == "seeds":
            seeds = range(plan.seed, plan.seed + self.count)
            named = {f"seed-{seed}": replace(plan, seed=seed) for seed in seeds}
        else:
            named = {f"fold-{k + 1}": replace(plan, fold=Fold(k, self.count)) for k in range(self.count)}
            named[_WHOLE] = _plan_on_all_rows(plan)
        return {name: replace(one, out=folder / name, overwrite=False) for name, one in named.items()}


@dataclass(frozen=True)
class RepetitionResult:
    """Result of repeated training.

    Attributes:
        folder: Folder of the repetition, which contains the run folder of each run, `metrics.json` with statistics over
            all runs, and the saved model.
        task: Task of the recipe.
        metrics: Content of `metrics.json` in `folder`.
        verdict: Sentence that compares an ensemble, or the models of the folds, with the best baseline. "" if
            training was repeated with different seeds and no ensemble was requested.
    """

    folder: RunFolder
    task: Task[Any]
    metrics: dict[str, Any]
    verdict: str = ""


def train_repeatedly(plan: Plan, repetition: Repetition) -> RepetitionResult:
    """Train and score a recipe repeatedly, with different seeds or on cross-validation folds.

    With seeds, the saved model is by default the model with the best dev (validation) accuracy or span F1. If an
    ensemble is requested, the saved model is the average of the models of all seeds.

    With folds, the saved model is trained on all rows at the end, and the scores of the folds estimate its performance.
    Values that are otherwise chosen on dev rows, such as the weights of the branches of a model or the penalty of tag
    O, are averaged over the folds. The temperature is fitted on the dev rows of all folds together. The stored
    predictions and the report are based on the models of the folds, so that each row is predicted by a model that was
    not trained on it.

    Args:
        plan: Plan to repeat.
        repetition: Settings of the repetition.

    Raises:
        FolderError: If the run folder must not be written to, or if another process is training there.
        ConfigError: If an ensemble is requested for a recipe that already trains ensembles.
    """
    if repetition.ensemble and plan.recipe.training.combine == "ensemble":
        raise ConfigError(
            "--ensemble averages one model per seed, but with training.combine=ensemble each of them already is an "
            "ensemble. Omit one of the two, or use training.combine=average."
        )
    with new_run_folder(plan.folder, plan.overwrite) as folder:
        return _run_all(folder, plan, repetition, ())


def is_repetition(path: Path) -> bool:
    """Return whether a folder contains a repetition (several runs of one recipe), rather than a single run."""
    run = RunFolder(path)
    return run.is_run() and "repetition" in run.read()


def resume_repetition(path: Path, settings: Sequence[str] = ()) -> RepetitionResult:
    """Resume repeated training that was killed or interrupted.

    Args:
        path: Folder of the repetition.
        settings: Changes to the recipe for all runs, in the same format as for `resume`. Changes are refused once a run
            is complete.

    Raises:
        FolderError: If the repetition is complete, if another process is training in the folder, or if `run.json` was
            changed.
        ConfigError: If a setting cannot be changed when training is resumed, or if settings are changed after a run is
            complete.
    """
    with reopen_run_folder(path) as folder:
        run = folder.read()
        if run.get("status") == "complete":
            raise FolderError("is complete, so there is nothing to resume.", path=path)
        try:
            repetition = Repetition(**run["repetition"])
        except TypeError as error:
            raise FolderError("run.json cannot be resumed from.", path=path) from error
        plan = Plan.from_run(run, path)
        recipe = catalog.change(plan.recipe, settings)
        check_changes(plan.recipe, recipe)
        if recipe != plan.recipe:
            _check_none_complete(repetition.plans(plan, path))
        return _run_all(folder, replace(plan, recipe=recipe), repetition, settings)


def _check_none_complete(plans: Mapping[str, Plan]) -> None:
    """Raise a `ConfigError` if any run is complete, because runs with other settings would not be comparable."""
    for name, plan in plans.items():
        run = RunFolder(str(plan.out))
        if run.is_run() and run.read().get("status") == "complete":
            raise ConfigError(
                f"{name} is already complete with the original settings; runs with other settings would not be "
                "comparable with it. Resume without --set, or start a new run."
            )


def _plan_on_all_rows(plan: Plan) -> Plan:
    without_dev = {"training.dev": False, "training.patience": None, "training.plateau": None, "training.restarts": 0}
    recipe = catalog.change(plan.recipe, without_dev)
    return replace(plan, recipe=recipe, whole=True, baselines=False, report=False)


def _run_all(folder: RunFolder, plan: Plan, repetition: Repetition, settings: Sequence[str]) -> RepetitionResult:
    run = describe_run(plan, {"name": plan.corpus_name}, "training") | {"repetition": vars(repetition)}
    write_json(folder.run, run)
    plans = repetition.plans(plan, folder.path)
    for number, (name, one) in enumerate(plans.items()):
        note(f"\n{name} ({number + 1} of {len(plans)})")
        once = repetition.kind == "folds" or number == 0
        if _finish_one(replace(one, baselines=one.baselines and once), settings):
            note(resume_hint(folder.path))
            raise KeyboardInterrupt
    runs = {name: RunFolder(one.out) for name, one in plans.items() if one.out is not None}
    tested = {name: read_json(one.metrics, _LIMIT_BYTES) for name, one in runs.items() if name != _WHOLE}
    metrics = _summary(tested, [figure.key for figure in plan.task.metrics])
    verdict = ""
    first = next(iter(runs.values())).read()
    run |= {"corpus": first["corpus"], "doubts": first.get("doubts", [])}
    if repetition.ensemble:
        scores = _score_ensemble(plan, folder, list(runs.values()), run)
        metrics["ensemble"] = {split: scores.metrics[split] for split in SCORED if split in scores.metrics}
        verdict = scores.verdict
    elif repetition.kind == "folds":
        metrics["model"] = _WHOLE
        run["note"] = _NOTE_ON_FOLDS.format(folds=repetition.count)
        verdict = _finish_folds(plan, folder, runs, run, metrics)
    else:
        metrics["model"] = _best(metrics, list(runs))
        for name in ("model", "predictions", "report", "history"):
            _copy(getattr(runs[metrics["model"]], name), getattr(folder, name))
    write_json(folder.metrics, metrics)
    write_json(folder.run, run | {"status": "complete"})
    return RepetitionResult(folder, plan.task, metrics, verdict)


def _finish_one(plan: Plan, settings: Sequence[str]) -> bool:
    """Train or resume one run unless it is complete, and return whether it was interrupted with Ctrl-C."""
    assert plan.out is not None
    folder = RunFolder(plan.out)
    if not folder.is_run():
        shutil.rmtree(plan.out, ignore_errors=True)  # interrupted before training began
        return train(plan).interrupted
    if folder.read().get("status") == "complete":
        return False
    return resume(plan.out, settings).interrupted


def _summary(metrics: Mapping[str, Mapping[str, Any]], figures: Sequence[str]) -> dict[str, Any]:
    """Return statistics over several runs: the mean, standard deviation and individual values of each metric.

    Args:
        metrics: Content of `metrics.json` of each run, by the name of the run.
        figures: Names of the metrics to summarise.
    """
    first = next(iter(metrics.values()))
    summary: dict[str, Any] = {"runs": list(metrics)}
    for split in SCORED:
        if split in first:
            summary[split] = _spread([one[split] for one in metrics.values()], figures)
    names = dict.fromkeys(name for one in metrics.values() for name in one["baselines"])
    split = "test" if "test" in first else "dev"
    summary["baselines"] = {name: {split: _spread(_baseline_scores(metrics, name, split), figures)} for name in names}
    phases = dict.fromkeys(phase for one in metrics.values() for phase in one["seconds"])
    summary["seconds"] = {
        phase: round(sum(one["seconds"].get(phase, 0.0) for one in metrics.values()), 3) for phase in phases
    }
    return summary


def _baseline_scores(metrics: Mapping[str, Mapping[str, Any]], name: str, split: str) -> list[Mapping[str, Any]]:
    return [one["baselines"][name][split] for one in metrics.values() if name in one["baselines"]]


def _spread(scores: Sequence[Mapping[str, Any]], figures: Sequence[str]) -> dict[str, Any]:
    spread = {}
    for figure in (name for name in figures if name in scores[0]):
        values = [float(score[figure]) for score in scores]
        deviation = stdev(values) if len(values) > 1 else 0.0
        spread[figure] = {"mean": mean(values), "std": deviation, "values": values}
    return spread


def _best(metrics: Mapping[str, Any], names: Sequence[str]) -> str:
    """Return the name of the run with the best model.

    This is the run with the best main metric on dev. If several runs are equally good, the lowest loss or perplexity
    on dev decides.
    Without a dev split, the first run is returned.

    Args:
        metrics: Statistics over all runs; see `_summary`.
        names: Name of each run.
    """
    if "dev" not in metrics:
        return names[0]
    dev = metrics["dev"]
    first = next(iter(dev.values()))["values"]
    losses = next((dev[name]["values"] for name in _LOSSES if name in dev), [0.0] * len(first))
    figures = [(value, -loss) for value, loss in zip(first, losses, strict=True)]
    return names[figures.index(max(figures))]


def _copy(source: Path, to: Path) -> None:
    if source.is_dir():
        shutil.rmtree(to, ignore_errors=True)
        shutil.copytree(source, to)
    elif source.is_file():
        shutil.copyfile(source, to)


def _finish_folds(
    plan: Plan, folder: RunFolder, runs: Mapping[str, RunFolder], run: Mapping[str, Any], metrics: dict[str, Any]
) -> str:
    """Save the model that was trained on all rows, and write a single report on the models of all folds.

    Before it is saved, the model is tuned with the values that were chosen on the folds; `train_repeatedly` explains
    which values. Suggested thresholds are added to `metrics` in place.

    Returns:
        Sentence that compares the models of the folds with the best baseline, or "" if `_join_predictions` returns
        no predictions.
    """
    task = plan.task
    models: dict[str, Estimator] = {name: load(one.path) for name, one in runs.items()}
    whole = models.pop(_WHOLE)
    joined = _join_predictions(task, whole, models, runs)
    for split, predictions in joined.items():
        task.write_predictions(folder.predictions, split, predictions)
    tested = [read_json(runs[name].metrics, _LIMIT_BYTES) for name in models]
    whole.tune_from_folds(list(models.values()), tested, joined.get("dev"))
    whole.save(folder.model)
    if (thresholds := task.suggest_thresholds(whole, joined)) is not None:
        metrics["thresholds"] = thresholds
    _copy(runs[_WHOLE].history, folder.history)
    described = {**run, "history": read_json_lines(folder.history, _LIMIT_BYTES)}
    watch = Stopwatch(dict(metrics["seconds"]))
    return Scoring(task, whole, folder, described, watch, report=plan.report).judge(joined)


def _join_predictions(
    task: Task[Any], whole: Estimator, models: Mapping[str, Estimator], runs: Mapping[str, RunFolder]
) -> dict[str, Any]:
    """Return the predictions of all folds, concatenated separately for dev and test.

    A split that is missing from any fold is left out. The result is empty if the models of the folds have different
    labels.

    Args:
        task: Task of the recipe.
        whole: Model trained on all rows.
        models: Model of each fold, by the name of its run.
        runs: Run folder of each run, by the name of the run.
    """
    if not task.can_join([whole, *models.values()]):
        note("The models of the folds have different labels, so there is no joint report.")
        return {}
    stored = [stored_predictions(task, model, runs[name]) for name, model in models.items()]
    shared = [name for name in SCORED if all(name in one for one in stored)]
    return {split: task.join([one[split] for one in stored]) for split in shared}


def _score_ensemble(plan: Plan, folder: RunFolder, runs: Sequence[RunFolder], run: Mapping[str, Any]) -> Scores:
    """Average the models of all runs, and save and score the resulting ensemble.

    The scores are compared with the baselines of the first run, because only this run trains baselines.
    """
    task = plan.task
    members = [load(one.path) for one in runs]
    stored = stored_predictions(task, members[0], runs[0])
    dev = task.rebuild_table(stored["dev"], members[0]) if "dev" in stored else None
    model = type(members[0]).average(members, dev)
    model.verbose = True
    model.save(folder.model)
    predictions = {
        split: task.copy_baselines(task.predict(model, task.rebuild_table(kept, model)), kept)
        for split, kept in stored.items()
    }
    return Scoring(task, model, folder, run, report=plan.report).finish(predictions)
