"""`syntagma train`: a recipe on data, into a run folder."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from syntagma.cli.options import ALL, Reading, reads_files
from syntagma.errors import ConfigError

if TYPE_CHECKING:
    from syntagma.recipes.schema import BaseRecipe
    from syntagma.runs.plan import Plan
    from syntagma.runs.several import SeveralResult
    from syntagma.runs.training import RunResult
    from syntagma.tasks.task import Task


@reads_files(*ALL)
def train(
    context: typer.Context,
    asked: Reading,
    recipe: Annotated[str | None, typer.Argument(help="Name of a recipe, or path of a recipe file (.yaml).")] = None,
    data: Annotated[str | None, typer.Option(help="File, folder, or name of a corpus.", metavar="PATH_OR_NAME")] = None,
    out: Annotated[Path | None, typer.Option(help="The run folder; one under runs/ by default.", metavar="DIR")] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="Change a setting of the recipe.", metavar="a.b=VALUE")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Decides initial weights, dropout and order.")] = 0,
    seeds: Annotated[int | None, typer.Option(help="Train so often, each time with another seed.", metavar="N")] = None,
    ensemble: Annotated[bool, typer.Option("--ensemble", help="With --seeds: one model that averages all.")] = False,
    folds: Annotated[
        int | None, typer.Option(help="For small data: test on each of so many parts in turn.", metavar="K")
    ] = None,
    from_: Annotated[
        Path | None, typer.Option("--from", help="Go on from a trained model, on other data.", metavar="DIR")
    ] = None,
    resume: Annotated[
        Path | None, typer.Option(help="Go on with a run that was killed or interrupted.", metavar="DIR")
    ] = None,
    find_rate: Annotated[
        bool, typer.Option("--find-rate", help="Try learning rates before training; the report shows their losses.")
    ] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a run folder that exists.")] = False,
    no_baselines: Annotated[bool, typer.Option("--no-baselines", help="Leave the simple models out.")] = False,
    no_report: Annotated[bool, typer.Option("--no-report", help="Write no report.")] = False,
) -> None:
    """Train a recipe on data, score it on dev and test beside simple models, and write a report."""
    if resume is not None:
        _refuse_others(context)
        _resume(resume, set_ or [])
        return
    source = asked.source(data)
    if recipe is None and from_ is None:
        raise ConfigError("name a recipe (see `syntagma recipes`), a model to go on --from, or a run to --resume.")
    if seeds is not None and folds is not None:
        raise ConfigError("--seeds and --folds are two ways to repeat a training; give one of them.")
    if ensemble and seeds is None:
        raise ConfigError("--ensemble averages several seeds; give --seeds N too.")

    from syntagma.runs.plan import Plan
    from syntagma.runs.reading import options_for
    from syntagma.tasks import registry

    found = _recipe(recipe, from_, set_ or [])
    reads = registry.task(found.task).reads
    plan = Plan(
        recipe=found,
        data=source,
        out=out,
        seed=seed,
        overwrite=overwrite,
        options=options_for(found.task, reads, asked.columns, asked.settings),
        command=("syntagma", *sys.argv[1:]),
        start_from=from_,
        baselines=not no_baselines,
        report=not no_report,
        find_rate=find_rate,
    )
    _train(plan, seeds, folds, ensemble)


def _train(plan: "Plan", seeds: int | None, folds: int | None, ensemble: bool) -> None:
    from syntagma.runs.several import Repetition, train_several
    from syntagma.runs.training import train as run

    if seeds is not None:
        _show_several(train_several(plan, Repetition("seeds", seeds, ensemble)))
    elif folds is not None:
        _show_several(train_several(plan, Repetition("folds", folds)))
    else:
        _show(run(plan))


def _resume(path: Path, settings: list[str]) -> None:
    from syntagma.runs.several import is_several, resume_several
    from syntagma.runs.training import resume as go_on

    if is_several(path):
        _show_several(resume_several(path, settings))
    else:
        _show(go_on(path, settings))


def _refuse_others(context: typer.Context) -> None:
    """A run that is resumed has all its options; only limits may be given anew, with --set."""
    from typer._click.core import ParameterSource

    given = [
        name
        for name in context.params
        if name not in ("resume", "set_") and context.get_parameter_source(name) != ParameterSource.DEFAULT
    ]
    if given:
        option = (
            "a recipe" if given[0] == "recipe" else "--" + given[0].rstrip("_").removesuffix("_files").replace("_", "-")
        )
        raise ConfigError(
            f"--resume goes on with the run as it was begun; leave {option} out. --set may change limits."
        )


def _recipe(name: str | None, path: Path | None, settings: list[str]) -> "BaseRecipe":
    """Return the recipe of a name, else that of a model to go on from."""
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
        typer.echo(f"{split} {_figures(result.task, evaluation.to_dict())}")
    _show_end(result.scores.verdict, result.metrics, result.folder.path)
    if result.interrupted:
        raise typer.Exit(130)


def _figures(task: "Task[Any]", scores: Mapping[str, Any]) -> str:
    """Return the main figures, as far as there are any."""
    shown = [figure for figure in task.figures if figure.is_shown and figure.key in scores]
    return ", ".join(f"{figure.title} {scores[figure.key]:.3f}" for figure in shown)


def _show_several(several: "SeveralResult") -> None:
    task, metrics = several.task, several.metrics
    typer.echo("")
    for name, scores in metrics["baselines"].items():
        for split, figures in scores.items():
            means = {figure: spread["mean"] for figure, spread in figures.items()}
            typer.echo(f"{split} {_figures(task, means)} of the baseline {name}")
    for split in ("dev", "test"):
        for figure in (one for one in task.figures if one.is_shown):
            if (spread := metrics.get(split, {}).get(figure.key)) is not None:
                values = ", ".join(f"{value:.3f}" for value in spread["values"])
                typer.echo(f"{split} {figure.title} {spread['mean']:.3f} ± {spread['std']:.3f} ({values})")
    for split, figures in metrics.get("ensemble", {}).items():
        typer.echo(f"{split} {_figures(task, figures)} of the ensemble")
    _show_end(several.verdict, metrics, several.folder.path)


def _show_end(verdict: str, metrics: Mapping[str, Any], path: Path) -> None:
    from syntagma.tasks.details import suggestion

    for sentence in filter(None, (suggestion(metrics.get("thresholds")), verdict)):
        typer.echo(sentence)
    typer.echo(f"trained in {metrics['seconds']['train']:.0f} s; run folder: {path}")
