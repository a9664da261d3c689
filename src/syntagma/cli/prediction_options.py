"""Options of `predict` and `evaluate` that set how a model predicts. Each is a setting that some tasks have."""

from collections.abc import Callable
from typing import Annotated, Any

import typer

from syntagma.cli.layout import GENERATING, PREDICTING
from syntagma.cli.options import Threshold, add_options


def _generating(type_: Any, help: str, *names: str, metavar: str | None = None, **limits: Any) -> Any:
    return Annotated[
        type_ | None, typer.Option(*names, help=help, metavar=metavar, rich_help_panel=GENERATING, **limits)
    ]


# Annotation of each option, keyed by the setting of the task. All options are `None` unless they are given.
PREDICTION_OPTIONS: dict[str, Any] = {
    "top_k": Annotated[
        int | None,
        typer.Option(
            "--top-k",
            "--alternatives",
            min=1,
            help="Number of answers per row, the best first. Default: 1.",
            rich_help_panel=PREDICTING,
        ),
    ],
    "threshold": Threshold,
    "beams": _generating(
        int, "Hypotheses per text (beam width); 1 is greedy search. Default: chosen in training.", min=1
    ),
    "length_penalty": _generating(
        float, "Exponent of the length penalty; higher favours longer outputs. Default: chosen in training.", min=0
    ),
    "coverage_penalty": _generating(
        float, "Weight of the penalty for ignored parts of the text. Default: chosen in training.", min=0
    ),
    "min_length": _generating(int, "Minimum length of an output in subwords. Default: 0.", min=0),
    "sample": _generating(
        int,
        "Draw N random outputs per text instead of a beam search.",
        min=1,
        metavar="N",
    ),
    "temperature": _generating(float, "Temperature of --sample; below 1, outputs differ less. Default: 1.", min=0.001),
    "sample_top_k": _generating(
        int, "For --sample: draw each subword from the K most probable ones. Default: from all.", min=1, metavar="K"
    ),
    "top_p": _generating(
        float,
        "For --sample: draw each subword from the most probable ones that together have this share of the probability. "
        "Default: 1.",
        min=0,
        max=1,
    ),
    "seed": _generating(int, "Seed of --sample. Default: 0.", min=0),
    "keep": _generating(
        str,
        "Strings of the text that the output has to contain, by class: placeholders, numbers, urls, emails, code, "
        "markup. Default: as in training.",
        metavar="CLASS,...",
    ),
    "glossary": _generating(
        str,
        "TSV or CSV file with a term and its translation per line. If a text contains a term, the output has to "
        "contain its translation.",
        metavar="FILE",
    ),
    "forbid": _generating(list[str], "Word or phrase that no output may contain; can be repeated.", metavar="WORD"),
    "forbid_file": _generating(
        str, "File of words and phrases that no output may contain, one per line.", metavar="FILE"
    ),
}


def add_prediction_options(*names: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Return a decorator that adds options of `PREDICTION_OPTIONS` to a command.

    The command receives the values that were given, keyed by setting, in its parameter `answers`.

    Args:
        *names: Names of the settings.
    """
    table = {name: (annotation, None) for name, annotation in PREDICTION_OPTIONS.items() if name in names}
    return add_options(table, "answers", _given)


def _given(options: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value is not None and value != []}
