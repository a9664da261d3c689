"""Layout of the commands' help texts: option headings, and examples at the end."""

import inspect
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup, TyperOption

DATA = "Data"
FORMATS = "Data formats"
TRAINING = "Training"
PREDICTING = "Predicting"
GENERATING = "Generating"
OUTPUT = "Output"
OTHER = "Other options"


class Command(TyperCommand):
    """A command whose help text lists `--help` last, under the heading "Other options"."""

    def __init__(self, *arguments: Any, help: str | None = None, **options: Any):
        # Line breaks within paragraphs are removed, because help texts are wrapped at the width of the terminal.
        paragraphs = inspect.cleandoc(help or "").split("\n\n")
        text = "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)
        super().__init__(*arguments, help=text, **options)

    def get_params(self, ctx: typer.Context) -> list[Any]:  # type: ignore[override]
        """Return all arguments and options of the command, with `--help` last."""
        params = _without_types_of_flags(super().get_params(ctx))
        params[-1].rich_help_panel = OTHER
        return params


class Group(TyperGroup):
    """A group of commands with a common name, such as `syntagma data`."""

    def get_params(self, ctx: typer.Context) -> list[Any]:  # type: ignore[override]
        """Return the options of the group itself, not those of its commands."""
        return _without_types_of_flags(super().get_params(ctx))


def _without_types_of_flags(params: list[Any]) -> list[Any]:
    """Hide the type of each flag. Otherwise, help texts would show flags as if they took a value.

    Returns:
        The same parameters, changed in place.
    """
    for param in params:
        if isinstance(param, TyperOption) and param.is_flag:
            param.metavar = ""
    return params


def examples(*commands: str) -> str:
    """Format example commands as the last paragraph of a help text."""
    title = "Examples:" if len(commands) > 1 else "Example:"
    return "\n".join([title, *(f"  $ {command}" for command in commands)])
