"""One recipe several times: with several seeds, or on several folds; mean, spread, and one model at the end."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import mean, stdev
from typing import Any, Literal

from syntagma.errors import ConfigError, FolderError
from syntagma.files import read_json, write_json
from syntagma.progress import note
from syntagma.recipes import catalog
from syntagma.runs.folder import RunFolder, check_free, default_path, new_run_folder, reopened
from syntagma.runs.plan import Fold, Plan
from syntagma.runs.scoring import SCORED, Scores, Stopwatch, finish, repredicted
from syntagma.runs.tagging import finish_tagger_of_folds, score_ensemble
from syntagma.runs.training import describe_run, how_to_go_on, resume, train
from syntagma.tasks.classification.classifier import TextClassifier
from syntagma.tasks.classification.preparation import check_changes, fitted_temperature
from syntagma.tasks.classification.stored import join_predictions, read_predictions, read_table
from syntagma.tasks.loading import load
from syntagma.tasks.tagging.tagger import SequenceTagger

# As far as a task has them; the first is the one that decides.
_FIGURES = ("span_f1", "accuracy", "utterance_accuracy", "frame_accuracy", "lower_accuracy", "macro_f1", "log_loss")
_LIMIT_BYTES = 256 << 20
_WHOLE = "all-rows"


@dataclass(frozen=True)
class Repetition:
    """How a recipe is repeated.

    Attributes:
        kind: With other seeds, or on other folds.
        count: How often.
        ensemble: Whether the models of the seeds are averaged into one.

    Raises:
        ConfigError: A count below 2, or an ensemble of folds.
    """

    kind: Literal["seeds", "folds"]
    count: int
    ensemble: bool = False

    def __post_init__(self) -> None:
        if self.count < 2:
            raise ConfigError(f"--{self.kind} must be at least 2, so that there is a spread; got {self.count}.")
        if self.ensemble and self.kind == "folds":
            raise ConfigError("--ensemble averages models of the same training rows: use it with --seeds.")

    def plans(self, plan: Plan, folder: Path) -> dict[str, Plan]:
        """A plan for each run, by the name of its folder."""
        if self.kind == "seeds":
            seeds = range(plan.seed, plan.seed + self.count)
            named = {f"seed-{seed}": replace(plan, seed=seed) for seed in seeds}
        else:
            named = {f"fold-{k + 1}": replace(plan, fold=Fold(k, self.count)) for k in range(self.count)}
            named[_WHOLE] = _on_all_rows(plan)
        return {name: replace(one, out=folder / name, overwrite=False) for name, one in named.items()}


@dataclass(frozen=True)
class SeveralResult:
    """Finished runs of one recipe.

    Attributes:
        folder: Holds a run folder for each, `metrics.json` over all of them, and `model/`.
        metrics: As in `metrics.json`.
        verdict: The report's sentence on an ensemble and the baselines, or "".
    """

    folder: RunFolder
    metrics: dict[str, Any]
    verdict: str = ""


def train_several(plan: Plan, repetition: Repetition) -> SeveralResult:
    """Trains and scores several times.

    Of seeds, the folder's model is their ensemble, or that of the seed with the best dev accuracy (of spans, F1); of
    folds, one that is trained on all rows at the end, whose score the folds foretell, with the mean of what the folds
    chose on their dev rows (the shares of branches, the penalty of O) and a temperature fitted on these rows together.
    Its predictions are those of the folds, each row as it was tested.

    Raises:
        FolderError: The folder may not be written, or another training is at work there.
    """
    if repetition.ensemble and plan.recipe.training.combine == "ensemble":
        raise ConfigError(
            "--ensemble averages one model of each seed, and training.combine=ensemble makes each an ensemble already. "
            "Leave one of them out, or use training.combine=average."
        )
    if plan.out is not None:
        check_free(plan.out, plan.overwrite)
    out = plan.out or default_path(plan.recipe.name, plan.corpus_name)
    with new_run_folder(out, plan.overwrite) as folder:
        return _run_all(folder, plan, repetition, ())


def is_several(path: Path) -> bool:
    """Whether a folder holds several runs of a recipe."""
    run = RunFolder(path)
    return run.is_run() and "repetition" in run.read()


def resume_several(path: Path, settings: Sequence[str] = ()) -> SeveralResult:
    """Goes on with what was cut off.

    Args:
        path: Their folder.
        settings: As in `resume`, for all of them; refused when one is complete already.

    Raises:
        FolderError: It is complete, in use, or was changed.
        ConfigError: A setting that may not change, or not any more.
    """
    with reopened(path) as folder:
        run = folder.read()
        if run.get("status") == "complete":
            raise FolderError("is complete: nothing is left to resume.", path=path)
        try:
            repetition = Repetition(**run["repetition"])
        except TypeError as error:
            raise FolderError("run.json does not say how to go on.", path=path) from error
        plan = Plan.from_run(run, path)
        recipe = catalog.change(plan.recipe, settings)
        check_changes(plan.recipe, recipe)
        if recipe != plan.recipe:
            _refuse_if_some_are_complete(repetition.plans(plan, path))
        return _run_all(folder, replace(plan, recipe=recipe), repetition, settings)


def _refuse_if_some_are_complete(plans: Mapping[str, Plan]) -> None:
    for name, plan in plans.items():
        run = RunFolder(str(plan.out))
        if run.is_run() and run.read().get("status") == "complete":
            raise ConfigError(
                f"{name} is complete with the settings that these trainings began with; with others the rest could not "
                "be compared with it. Resume without --set, or train anew."
            )


def _on_all_rows(plan: Plan) -> Plan:
    undivided = {"training.dev": False, "training.patience": None, "training.plateau": None, "training.restarts": 0}
    recipe = catalog.change(plan.recipe, undivided)
    return replace(plan, recipe=recipe, whole=True, baselines=False, report=False)


def _run_all(folder: RunFolder, plan: Plan, repetition: Repetition, settings: Sequence[str]) -> SeveralResult:
    run = describe_run(plan, {"name": plan.corpus_name}, "training") | {"repetition": vars(repetition)}
    write_json(folder.run, run)
    plans = repetition.plans(plan, folder.path)
    for number, (name, one) in enumerate(plans.items()):
        note(f"\n{name} ({number + 1} of {len(plans)})")
        once = repetition.kind == "folds" or number == 0
        if _finish_one(replace(one, baselines=one.baselines and once), settings):
            note(how_to_go_on(folder.path))
            raise KeyboardInterrupt
    runs = {name: RunFolder(one.out) for name, one in plans.items() if one.out is not None}
    metrics = _summary({name: read_json(one.metrics, _LIMIT_BYTES) for name, one in runs.items() if name != _WHOLE})
    verdict = ""
    if repetition.ensemble:
        members = [load(one.path) for one in runs.values()]
        combined = score_ensemble if isinstance(members[0], SequenceTagger) else _ensemble
        scores = combined(folder, members, next(iter(runs.values())), run)
        metrics["ensemble"] = {split: scores.metrics[split] for split in SCORED if split in scores.metrics}
        verdict = scores.verdict
    elif repetition.kind == "folds":
        metrics["model"] = _WHOLE
        models = {name: load(one.path) for name, one in runs.items()}
        whole = models.pop(_WHOLE)
        if isinstance(whole, SequenceTagger):
            finish_tagger_of_folds(folder, whole, {name: runs[name] for name in models})
        else:
            _save_calibrated(folder, whole, models, runs)
    else:
        metrics["model"] = _best(metrics, list(runs))
        for name in ("model", "predictions", "report", "history"):
            _copy(getattr(runs[metrics["model"]], name), getattr(folder, name))
    write_json(folder.metrics, metrics)
    write_json(folder.run, run | {"status": "complete", "corpus": next(iter(runs.values())).read()["corpus"]})
    return SeveralResult(folder, metrics, verdict)


def _finish_one(plan: Plan, settings: Sequence[str]) -> bool:
    """Trains unless that is done, going on where it was cut off; returns whether a person interrupted it."""
    assert plan.out is not None
    folder = RunFolder(plan.out)
    if not folder.is_run():
        shutil.rmtree(plan.out, ignore_errors=True)  # cut off before it had begun
        return train(plan).interrupted
    if folder.read().get("status") == "complete":
        return False
    return resume(plan.out, settings).interrupted


def _summary(metrics: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Mean, standard deviation and single values of each figure."""
    first = next(iter(metrics.values()))
    summary: dict[str, Any] = {"runs": list(metrics)}
    for split in SCORED:
        if split in first:
            summary[split] = _spread([one[split] for one in metrics.values()])
    names = dict.fromkeys(name for one in metrics.values() for name in one["baselines"])
    summary["baselines"] = {
        name: {split: _spread([one["baselines"][name][split] for one in metrics.values() if name in one["baselines"]])}
        for name in names
        for split in ["test" if "test" in first else "dev"]
    }
    phases = dict.fromkeys(phase for one in metrics.values() for phase in one["seconds"])
    summary["seconds"] = {
        phase: round(sum(one["seconds"].get(phase, 0.0) for one in metrics.values()), 3) for phase in phases
    }
    return summary


def _spread(scores: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    spread = {}
    for figure in (name for name in _FIGURES if name in scores[0]):
        values = [float(score[figure]) for score in scores]
        deviation = stdev(values) if len(values) > 1 else 0.0
        spread[figure] = {"mean": mean(values), "std": deviation, "values": values}
    return spread


def _best(metrics: Mapping[str, Any], names: Sequence[str]) -> str:
    """The run with the best dev figure, of equals with the least dev loss; the first where there is no dev split."""
    if "dev" not in metrics:
        return names[0]
    dev = metrics["dev"]
    order = zip(next(iter(dev.values()))["values"], dev["log_loss"]["values"], strict=True)
    figures = [(value, -loss) for value, loss in order]
    return names[figures.index(max(figures))]


def _copy(source: Path, to: Path) -> None:
    if source.is_dir():
        shutil.rmtree(to, ignore_errors=True)
        shutil.copytree(source, to)
    elif source.is_file():
        shutil.copyfile(source, to)


def _save_calibrated(
    folder: RunFolder, whole: TextClassifier, models: Mapping[str, Any], runs: Mapping[str, RunFolder]
) -> None:
    """The model of all rows, which had no dev rows, with what those of the folds say; and each row as it was tested."""
    whole.take_shares(list(models.values()))
    if all(model.labels_ == whole.labels_ for model in models.values()):
        for split in SCORED:
            files = [runs[name].predictions / f"{split}.parquet" for name in models]
            if all(file.is_file() for file in files):
                join_predictions(files, folder.predictions / f"{split}.parquet")
    dev = folder.predictions / "dev.parquet"
    if dev.is_file() and whole.recipe_.training.calibrate:
        held_out = read_predictions(dev, whole.labels_)
        whole.temperature_ = fitted_temperature(held_out.logits, held_out.gold, whole.labels_.task)
    whole.save(folder.model)


def _ensemble(folder: RunFolder, models: Sequence[Any], first: RunFolder, run: Mapping[str, Any]) -> Scores:
    """Averages the models of all runs, saves and scores the result, with the baselines of the first run."""
    dev = first.predictions / "dev.parquet"
    model = TextClassifier.average(models, read_table(dev) if dev.is_file() else None)
    model.verbose = True
    model.save(folder.model)
    predictions = {
        split: repredicted(read_predictions(path, model.labels_), model)
        for split in SCORED
        if (path := first.predictions / f"{split}.parquet").is_file()
    }
    facts = first.read()
    described = {**run, "corpus": facts["corpus"]}
    return finish(folder, model, predictions, Stopwatch(), report=True, run=described, doubts=facts.get("doubts", []))
