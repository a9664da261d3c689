"""The verbs put together, and what becomes of errors."""

import os
import sys

import typer
from typer._click.exceptions import NoArgsIsHelpError, UsageError

from syntagma import backend
from syntagma.cli import compare, data, doctor, evaluate, practices, predict, recipes, train
from syntagma.errors import InputError, SyntagmaError

app = typer.Typer(
    help="Train, evaluate and use small sequence models on your own text.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("recipes")(recipes.recipes)
app.command("practices")(practices.practices)
app.add_typer(data.app, name="data")
app.command("train")(train.train)
app.command("evaluate")(evaluate.evaluate)
app.command("predict")(predict.predict)
app.command("compare")(compare.compare)
app.command("doctor")(doctor.doctor)


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"syntagma {version('syntagma')}")
        raise typer.Exit


@app.callback()
def _options(
    version: bool = typer.Option(False, "--version", callback=_show_version, is_eager=True, help="Show the version."),
) -> None:
    """Train, evaluate and use small sequence models on your own text."""


def run() -> None:
    """Run the command line of this process.

    Exit codes: 0 done, 1 something failed, 2 something given is wrong, 130 interrupted; 1 without a word if the
    reader of the output has gone (`| head`), which is typer's part.
    """
    backend.choose()
    # The frameworks' own start-up messages are not ours to show.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        backend.check_installed()
        sys.exit(app(standalone_mode=False))
    except NoArgsIsHelpError as error:
        error.show()
        sys.exit(2)
    except UsageError as error:
        _fail(_usage(error), 2)
    except InputError as error:
        _fail(str(error), 2)
    except SyntagmaError as error:
        _fail(str(error), 1)


def _usage(error: UsageError) -> str:
    """Return what is wrong with the command line, in one line."""
    context = error.ctx
    hint = f" See {context.command_path} --help." if context is not None else ""
    if "No such option: -" in error.format_message() and context is not None and context.info_name == "predict":
        hint = " A text that begins with - goes behind a --, as in `syntagma predict DIR -- TEXT`." + hint
    return error.format_message().rstrip() + hint


def _fail(message: str, code: int) -> None:
    print(f"syntagma: {message}", file=sys.stderr)  # noqa: T201
    sys.exit(code)
