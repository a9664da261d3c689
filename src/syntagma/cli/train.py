"""`syntagma train`: training of a recipe on data. All results are stored in a run folder."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from syntagma.cli import candidates
from syntagma.cli.layout import DATA, OUTPUT, TRAINING, examples
from syntagma.cli.options import ALL, Reading, add_reading_options
from syntagma.errors import ConfigError

if TYPE_CHECKING:
    from syntagma.recipes.schema import BaseRecipe
    from syntagma.runs.plan import Plan
    from syntagma.runs.repetition import RepetitionResult
    from syntagma.runs.training import RunResult
    from syntagma.tasks.task import Task

EXAMPLES = examples(
    "syntagma train classify --data rotten-tomatoes --out runs/first",
    "syntagma train classify --data reviews.csv --set training.epochs=5",
    "syntagma train tag --train train.conll --dev dev.conll --seeds 3",
    "syntagma train --resume runs/first",
)


@add_reading_options(*ALL)
def train(
    context: typer.Context,
    reading: Reading,
    recipe: Annotated[
        str | None,
        typer.Argument(
            help="Name of a recipe, or path of a recipe file (.yaml).",
            metavar="RECIPE",
            autocompletion=candidates.recipes_or_files,
        ),
    ] = None,
    data: Annotated[
        str | None,
        typer.Option(
            help="File, folder, or name of a corpus.",
            metavar="PATH_OR_NAME",
            autocompletion=candidates.corpora_or_files,
            rich_help_panel=DATA,
        ),
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            help="Change a setting of the recipe; can be repeated. See `syntagma settings`.",
            metavar="NAME=VALUE",
            autocompletion=candidates.assignments,
            rich_help_panel=TRAINING,
        ),
    ] = None,
    seed: Annotated[
        int,
        typer.Option(
            min=0,
            max=2**32 - 1,
            help="Seed of initial weights, dropout and the order of the rows.",
            rich_help_panel=TRAINING,
        ),
    ] = 0,
    seeds: Annotated[
        int | None,
        typer.Option(help="Repeat training N times with different seeds.", metavar="N", rich_help_panel=TRAINING),
    ] = None,
    ensemble: Annotated[
        bool,
        typer.Option(
            "--ensemble", help="With --seeds: also build one model that averages all.", rich_help_panel=TRAINING
        ),
    ] = False,
    folds: Annotated[
        int | None,
        typer.Option(
            help="Cross-validation for small data: train K times, each time testing on another part of the rows.",
            metavar="K",
            rich_help_panel=TRAINING,
        ),
    ] = None,
    from_: Annotated[
        Path | None,
        typer.Option(
            "--from",
            help="Fine-tune a trained model on other data: a run folder or a saved model.",
            metavar="DIR",
            rich_help_panel=TRAINING,
        ),
    ] = None,
    resume: Annotated[
        Path | None,
        typer.Option(
            help="Continue the run in this folder, which was killed or interrupted.",
            metavar="DIR",
            rich_help_panel=TRAINING,
        ),
    ] = None,
    find_rate: Annotated[
        bool,
        typer.Option(
            "--find-rate",
            help="Run a learning-rate range test before training. The report shows the loss at each rate.",
            rich_help_panel=TRAINING,
        ),
    ] = False,
    no_baselines: Annotated[
        bool,
        typer.Option(
            "--no-baselines",
            help="Do not train the baselines, simple models to compare with.",
            rich_help_panel=TRAINING,
        ),
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(help="Run folder to create. Default: a new one in runs/.", metavar="DIR", rich_help_panel=OUTPUT),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace the run folder if it exists.", rich_help_panel=OUTPUT)
    ] = False,
    no_report: Annotated[
        bool, typer.Option("--no-report", help="Do not write a report.", rich_help_panel=OUTPUT)
    ] = False,
) -> None:
    """Train a recipe on data, compare it with baselines on dev (validation) and test, and write a report."""
    if resume is not None:
        _refuse_other_options(context)
        _resume(resume, set_ or [])
        return
    source = reading.source(data)
    if recipe is None and from_ is None:
        raise ConfigError(
            "name a recipe (see `syntagma recipes`), or give a trained model with --from or a run with --resume."
        )
    if seeds is not None and folds is not None:
        raise ConfigError("--seeds and --folds are two ways to repeat training; give only one of them.")
    if ensemble and seeds is None:
        raise ConfigError("--ensemble averages models with different seeds; give --seeds N too.")

    from syntagma.runs.plan import Plan
    from syntagma.runs.reading import options_for
    from syntagma.tasks import registry

    chosen = _find_recipe(recipe, from_, set_ or [])
    reads = registry.task(chosen.task).file_options
    plan = Plan(
        recipe=chosen,
        data=source,
        out=out,
        seed=seed,
        overwrite=overwrite,
        options=options_for(chosen.task, reads, reading.columns, reading.settings),
        command=("syntagma", *sys.argv[1:]),
        start_from=from_,
        baselines=not no_baselines,
        report=not no_report,
        find_rate=find_rate,
    )
    _train(plan, seeds, folds, ensemble)


def _train(plan: "Plan", seeds: int | None, folds: int | None, ensemble: bool) -> None:
    from syntagma.runs.repetition import Repetition, train_repeatedly
    from syntagma.runs.training import train as run

    if seeds is not None:
        _show_several(train_repeatedly(plan, Repetition("seeds", seeds, ensemble)))
    elif folds is not None:
        _show_several(train_repeatedly(plan, Repetition("folds", folds)))
    else:
        _show(run(plan))


def _resume(path: Path, settings: list[str]) -> None:
    from syntagma.runs.repetition import is_repetition, resume_repetition
    from syntagma.runs.training import resume as resume_one

    if is_repetition(path):
        _show_several(resume_repetition(path, settings))
    else:
        _show(resume_one(path, settings))


def _refuse_other_options(context: typer.Context) -> None:
    """Raise an error if --resume is combined with any option but --set. A resumed run keeps its original options."""
    from typer._click.core import ParameterSource

    names = [
        name
        for name in context.params
        if name not in ("resume", "set_") and context.get_parameter_source(name) != ParameterSource.DEFAULT
    ]
    if names:
        spelled = "--" + names[0].rstrip("_").removesuffix("_files").replace("_", "-")
        option = "the recipe" if names[0] == "recipe" else spelled
        raise ConfigError(
            f"--resume continues a run with its own options; leave out {option}. Only limits can change, with --set."
        )


def _find_recipe(name: str | None, path: Path | None, settings: list[str]) -> "BaseRecipe":
    """Return the recipe to train, with the given changes to its settings.

    Args:
        name: Name of a shipped recipe, or path of a recipe file. By default, the recipe of the model in `path` is used.
        path: Run folder or bundle with the model to fine-tune. `None` if a new model is trained.
        settings: Changes to the recipe's settings, as `NAME=VALUE`.
    """
    from syntagma import bundle
    from syntagma.recipes import catalog
    from syntagma.tasks import registry

    if name is not None:
        return registry.find_recipe(name, settings)
    return catalog.change(registry.restore_recipe(bundle.read_recipe(path or ""), "the recipe"), settings)


def _show(result: "RunResult") -> None:
    for split, evaluation in result.evaluations.items():
        typer.echo(f"\n{split}: {evaluation.to_text()}")
    typer.echo("")
    for name, scores in result.metrics["baselines"].items():
        for split, figures in scores.items():
            typer.echo(f"{split} {_figures(result.task, figures)} of the baseline {name}")
    for split, evaluation in result.evaluations.items():
        typer.echo(f"{split} {_figures(result.task, evaluation.to_dict())} of the trained model")
    _show_end(result.scores.verdict, result.metrics, result.folder.path)
    if result.interrupted:
        raise typer.Exit(130)


def _figures(task: "Task[Any]", scores: Mapping[str, Any]) -> str:
    """Return the main metrics of a task and their scores in one line. Metrics without a score are left out."""
    shown = [figure for figure in task.metrics if figure.is_shown and figure.key in scores]
    return ", ".join(f"{figure.title} {scores[figure.key]:.3f}" for figure in shown)


def _show_several(several: "RepetitionResult") -> None:
    task, metrics = several.task, several.metrics
    typer.echo("")
    for name, scores in metrics["baselines"].items():
        for split, figures in scores.items():
            means = {figure: spread["mean"] for figure, spread in figures.items()}
            typer.echo(f"{split} {_figures(task, means)} of the baseline {name}")
    for split in ("dev", "test"):
        for figure in (one for one in task.metrics if one.is_shown):
            if (spread := metrics.get(split, {}).get(figure.key)) is not None:
                values = ", ".join(f"{value:.3f}" for value in spread["values"])
                typer.echo(
                    f"{split} {figure.title} {spread['mean']:.3f} ± {spread['std']:.3f} ({values}), mean and standard "
                    f"deviation of {len(spread['values'])} models"
                )
    for split, figures in metrics.get("ensemble", {}).items():
        typer.echo(f"{split} {_figures(task, figures)} of the ensemble")
    _show_end(several.verdict, metrics, several.folder.path)


def _show_end(verdict: str, metrics: Mapping[str, Any], path: Path) -> None:
    from syntagma.tasks.details import suggestion

    for sentence in filter(None, (suggestion(metrics.get("thresholds")), verdict)):
        typer.echo(sentence)
    typer.echo(f"trained in {metrics['seconds']['train']:.0f} s; run folder: {path}")
