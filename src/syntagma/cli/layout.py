"""Layout of the help texts: headings of options, and examples at the end."""

import inspect
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup, TyperOption

DATA = "Data"
FORMATS = "Data formats"
TRAINING = "Training"
PREDICTING = "Predicting"
OUTPUT = "Output"
OTHER = "Other options"


class Command(TyperCommand):
    """A command whose `--help` comes last, under its own heading, instead of first."""

    def __init__(self, *arguments: Any, help: str | None = None, **options: Any):
        # Docstrings are wrapped at our line length; help is wrapped at the width of the terminal.
        paragraphs = inspect.cleandoc(help or "").split("\n\n")
        text = "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)
        super().__init__(*arguments, help=text, **options)

    def get_params(self, ctx: typer.Context) -> list[Any]:  # type: ignore[override]
        """Return all parameters, the option `--help` last."""
        params = _without_types_of_flags(super().get_params(ctx))
        params[-1].rich_help_panel = OTHER
        return params


class Group(TyperGroup):
    """A group of commands, such as `syntagma data`."""

    def get_params(self, ctx: typer.Context) -> list[Any]:  # type: ignore[override]
        """Return the options of the group itself."""
        return _without_types_of_flags(super().get_params(ctx))


def _without_types_of_flags(params: list[Any]) -> list[Any]:
    """Hide the type of options that take no value, which help would otherwise show as if they took one."""
    for param in params:
        if isinstance(param, TyperOption) and param.is_flag:
            param.metavar = ""
    return params


def examples(*commands: str) -> str:
    """Return the end of a help text, which shows commands that can be copied."""
    title = "Examples:" if len(commands) > 1 else "Example:"
    return "\n".join([title, *(f"  $ {command}" for command in commands)])
