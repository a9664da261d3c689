"""The verbs put together, and what becomes of errors."""

import os
import sys
from contextlib import suppress

import typer
from typer._click.exceptions import NoArgsIsHelpError, UsageError

from syntagma import backend, variables
from syntagma.cli import compare, data, doctor, evaluate, practices, predict, quiet, recipes, train
from syntagma.errors import InputError, SyntagmaError
from syntagma.wording import escape_control

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
    variables.check()


def run() -> None:
    """Run the command line of this process.

    Exit codes: 0 done, 1 something failed, 2 something given is wrong, 130 interrupted; 1 without a word if the
    reader of the output has gone (`| head`), which is typer's part.
    """
    _open_missing_streams()
    backend.choose()
    quiet.hush()
    try:
        backend.check_installed()
        code = app(standalone_mode=False)
        sys.stdout.flush()  # while a disk that is full can be told
        sys.exit(code)
    except NoArgsIsHelpError as error:
        error.show()
        sys.exit(2)
    except UsageError as error:
        _fail(_usage(error), 2)
    except InputError as error:
        _fail(str(error), 2)
    except SyntagmaError as error:
        _fail(str(error), 1)
    except OSError as error:
        _drop_output()
        name = f"{os.fsdecode(error.filename)}: " if error.filename else ""
        _fail(f"{name}{error.strerror or error}.", 1)


def _open_missing_streams() -> None:
    """Give a process without a standard stream, such as a daemon, one that leads nowhere."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115


def _drop_output() -> None:
    """Lead the rest of the output nowhere: Python would try to write it once more, and complain at length."""
    with suppress(OSError, ValueError):
        sys.stdout.flush()
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _usage(error: UsageError) -> str:
    """Return what is wrong with the command line, in one line."""
    context = error.ctx
    hint = f" See {context.command_path} --help." if context is not None else ""
    if "No such option: -" in error.format_message() and context is not None and context.info_name == "predict":
        hint = " A text that begins with - goes behind a --, as in `syntagma predict DIR -- TEXT`." + hint
    return error.format_message().rstrip() + hint


def _fail(message: str, code: int) -> None:
    with suppress(OSError, ValueError):
        print(f"syntagma: {escape_control(message)}", file=sys.stderr, flush=True)  # noqa: T201
    sys.exit(code)
