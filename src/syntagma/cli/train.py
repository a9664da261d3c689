"""`syntagma train`: a recipe on data, into a run folder."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from syntagma.cli.options import (
    BadRows,
    BadRowsOption,
    CutWords,
    CutWordsOption,
    LabelColumn,
    LabelSeparator,
    Quoted,
    Reading,
    Separator,
    TagColumn,
    TextColumn,
    WordColumn,
)
from syntagma.errors import ConfigError

if TYPE_CHECKING:
    from syntagma.recipes.schema import AnyRecipe
    from syntagma.runs.plan import Plan
    from syntagma.runs.several import SeveralResult
    from syntagma.runs.training import RunResult

_FIGURES = {
    "span_f1": "span F1",
    "accuracy": "accuracy",
    "utterance_accuracy": "accuracy of whole texts",
    "lower_accuracy": "accuracy of lower tags",
}


def train(
    context: typer.Context,
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
    group_column: Annotated[
        str | None, typer.Option(help="Rows with an equal value there stay in one split or fold.", metavar="NAME")
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
    no_baselines: Annotated[bool, typer.Option("--no-baselines", help="Leave the two linear models out.")] = False,
    no_report: Annotated[bool, typer.Option("--no-report", help="Write no report.")] = False,
    text_column: TextColumn = None,
    label_column: LabelColumn = None,
    label_separator: LabelSeparator = None,
    quoted: Quoted = False,
    bad_rows: BadRowsOption = BadRows.error,
    word_column: WordColumn = None,
    tag_column: TagColumn = None,
    separator: Separator = None,
    cut_words: CutWordsOption = CutWords.error,
) -> None:
    """Train a recipe on data, score it on dev and test beside simple models, and write a report."""
    if resume is not None:
        _refuse_others(context)
        _show(*_resumed(resume, set_ or []))
        return
    if recipe is None and from_ is None:
        raise ConfigError("name a recipe (see `syntagma recipes`), a model to go on --from, or a run to --resume.")
    if seeds is not None and folds is not None:
        raise ConfigError("--seeds and --folds are two ways to repeat a training; give one of them.")
    if ensemble and seeds is None:
        raise ConfigError("--ensemble averages several seeds; give --seeds N too.")

    from syntagma.runs.plan import Plan

    found = _recipe(recipe, from_, set_ or [])
    reading = Reading(
        text_column, label_column, label_separator, quoted, bad_rows, word_column, tag_column, separator, cut_words
    )
    plan = Plan(
        recipe=found,
        data=data,
        out=out,
        seed=seed,
        overwrite=overwrite,
        options=reading.of_task(found.task),
        command=("syntagma", *sys.argv[1:]),
        start_from=from_,
        baselines=not no_baselines,
        report=not no_report,
        groups=group_column,
        find_rate=find_rate,
    )
    _show(*_trained(plan, seeds, folds, ensemble))


def _trained(
    plan: "Plan", seeds: int | None, folds: int | None, ensemble: bool
) -> "tuple[RunResult | None, SeveralResult | None]":
    from syntagma.runs.several import Repetition, train_several
    from syntagma.runs.training import train as run

    if seeds is not None:
        return None, train_several(plan, Repetition("seeds", seeds, ensemble))
    if folds is not None:
        return None, train_several(plan, Repetition("folds", folds))
    return run(plan), None


def _resumed(path: Path, settings: list[str]) -> "tuple[RunResult | None, SeveralResult | None]":
    from syntagma.runs.several import is_several, resume_several
    from syntagma.runs.training import resume as go_on

    return (None, resume_several(path, settings)) if is_several(path) else (go_on(path, settings), None)


def _refuse_others(context: typer.Context) -> None:
    """A run that is resumed has all its options; only limits may be given anew, with --set."""
    from typer._click.core import ParameterSource

    given = [
        name
        for name in context.params
        if name not in ("resume", "set_") and context.get_parameter_source(name) != ParameterSource.DEFAULT
    ]
    if given:
        option = "a recipe" if given[0] == "recipe" else "--" + given[0].rstrip("_").replace("_", "-")
        raise ConfigError(
            f"--resume goes on with the run as it was begun; leave {option} out. --set may change limits."
        )


def _recipe(name: str | None, path: Path | None, settings: list[str]) -> "AnyRecipe":
    """The recipe of a name, else that of a model to go on from."""
    from syntagma import bundle
    from syntagma.recipes import catalog

    assert name is not None or path is not None
    if name is not None:
        return catalog.find(name, settings)
    return catalog.change(bundle.read_recipe(path or ""), settings)


def _show(result: "RunResult | None", several: "SeveralResult | None") -> None:
    if several is not None:
        _show_several(several)
        return
    assert result is not None
    for split, evaluation in result.evaluations.items():
        typer.echo(f"\n{split}: {evaluation.to_text()}")
    typer.echo("")
    for name, scores in result.metrics["baselines"].items():
        for split, figures in scores.items():
            typer.echo(f"{split} {_figures(figures)} of the baseline {name}")
    for split, evaluation in result.evaluations.items():
        typer.echo(f"{split} {_figures(evaluation.to_dict())}")
    if result.scores.verdict:
        typer.echo(result.scores.verdict)
    typer.echo(f"trained in {result.metrics['seconds']['train']:.0f} s; run folder: {result.folder.path}")
    if result.interrupted:
        raise typer.Exit(130)


def _figures(scores: Mapping[str, Any]) -> str:
    """The main ones, as far as there are any."""
    return ", ".join(f"{title} {scores[name]:.3f}" for name, title in _FIGURES.items() if name in scores)


def _show_several(several: "SeveralResult") -> None:
    metrics = several.metrics
    typer.echo("")
    for name, scores in metrics["baselines"].items():
        for split, figures in scores.items():
            means = {figure: spread["mean"] for figure, spread in figures.items()}
            typer.echo(f"{split} {_figures(means)} of the baseline {name}")
    for split in ("dev", "test"):
        for figure, title in _FIGURES.items():
            if (spread := metrics.get(split, {}).get(figure)) is not None:
                values = ", ".join(f"{value:.3f}" for value in spread["values"])
                typer.echo(f"{split} {title} {spread['mean']:.3f} ± {spread['std']:.3f} ({values})")
    for split, figures in metrics.get("ensemble", {}).items():
        typer.echo(f"{split} {_figures(figures)} of the ensemble")
    if several.verdict:
        typer.echo(several.verdict)
    typer.echo(f"trained in {metrics['seconds']['train']:.0f} s; run folder: {several.folder.path}")
