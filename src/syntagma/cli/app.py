"""The command-line application with all of its commands, and the conversion of errors to messages and exit codes."""

import os
import sys
from contextlib import suppress

import typer
from typer._click.exceptions import NoArgsIsHelpError, UsageError

from syntagma import backend, variables
from syntagma.cli import (
    compare,
    completion,
    data,
    doctor,
    evaluate,
    practices,
    predict,
    quiet,
    recipes,
    score,
    settings,
    train,
)
from syntagma.cli.layout import Command, Group, examples
from syntagma.errors import InputError, SyntagmaError
from syntagma.wording import escape_control

_NAME = "syntagma"
_MODELS, _INFORMATION = "Models", "Information"
_FIRST_STEPS = """\
Train a model: syntagma train classify --data rotten-tomatoes --out runs/first
Use it:        syntagma predict runs/first "A warm and funny film."
Your own data: --data FILE.csv with columns text and label. See syntagma --help."""

app = typer.Typer(
    cls=Group,
    help="Train, evaluate and use small sequence models on your own text.",
    epilog=examples(
        "syntagma train classify --data rotten-tomatoes --out runs/first",
        'syntagma predict runs/first "A warm and funny film."',
        "syntagma train --help",
    ),
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("train", cls=Command, epilog=train.EXAMPLES, rich_help_panel=_MODELS)(train.train)
app.command("evaluate", cls=Command, epilog=evaluate.EXAMPLES, rich_help_panel=_MODELS)(evaluate.evaluate)
app.command("predict", cls=Command, epilog=predict.EXAMPLES, rich_help_panel=_MODELS)(predict.predict)
app.command("score", cls=Command, epilog=score.EXAMPLES, rich_help_panel=_MODELS)(score.score)
app.command("compare", cls=Command, epilog=compare.EXAMPLES, rich_help_panel=_MODELS)(compare.compare)
app.add_typer(data.app, name="data", rich_help_panel=_INFORMATION)
app.command("recipes", cls=Command, epilog=recipes.EXAMPLES, rich_help_panel=_INFORMATION)(recipes.recipes)
app.command("settings", cls=Command, epilog=settings.EXAMPLES, rich_help_panel=_INFORMATION)(settings.settings)
app.command("practices", cls=Command, epilog=practices.EXAMPLES, rich_help_panel=_INFORMATION)(practices.practices)
app.command("doctor", cls=Command, epilog=doctor.EXAMPLES, rich_help_panel=_INFORMATION)(doctor.doctor)


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"syntagma {version('syntagma')}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def _run_global_options(
    context: typer.Context,
    version: bool = typer.Option(False, "--version", callback=_show_version, is_eager=True, help="Show the version."),
) -> None:
    """Train, evaluate and use small sequence models on your own text."""
    variables.check()
    if context.invoked_subcommand is None:
        typer.echo(_FIRST_STEPS)


def run() -> None:
    """Run the command line with the arguments of this process, and end the process with an exit code.

    The exit code is 0 for success, 1 for a failure, 2 for invalid input, and 130 for an interruption. If the program
    that reads the output, such as `head`, ends early, Typer ends the process with exit code 1 and no message.
    """
    if completion.is_requested():
        completion.answer(lambda: app(prog_name=_NAME))
    _open_missing_streams()
    backend.choose()
    quiet.hush()
    if any(argument.endswith("-completion") for argument in sys.argv[1:2]):
        completion.use_own_bash_script()
    try:
        backend.check_installed()
        code = app(prog_name=_NAME, standalone_mode=False)
        sys.stdout.flush()  # while a full disk can still be reported
        sys.exit(code)
    except NoArgsIsHelpError as error:
        error.show()
        sys.exit(2)
    except UsageError as error:
        _fail(_usage_message(error), 2)
    except InputError as error:
        _fail(str(error), 2)
    except SyntagmaError as error:
        _fail(str(error), 1)
    except OSError as error:
        _discard_output()
        name = f"{os.fsdecode(error.filename)}: " if error.filename else ""
        _fail(f"{name}{error.strerror or error}.", 1)


def _open_missing_streams() -> None:
    """Open the null device in place of each standard stream that the process lacks, for example in a daemon."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115


def _discard_output() -> None:
    """Send the rest of the output to the null device.

    Otherwise, Python would try to write the output again at exit, and print a traceback.
    """
    with suppress(OSError, ValueError):
        sys.stdout.flush()
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _usage_message(error: UsageError) -> str:
    """Return a one-line message for a command-line usage error, with a hint on how to correct it."""
    context = error.ctx
    hint = f" See {context.command_path} --help." if context is not None else ""
    if "No such option: -" in error.format_message() and context is not None and context.info_name == "predict":
        hint = " Put texts that begin with - after --, as in `syntagma predict DIR -- TEXT`." + hint
    if "unexpected extra argument" in error.format_message() and context is not None:
        taken = [one.metavar for one in context.command.params if one.param_type_name == "argument"]
        hint = f". The command takes {' '.join(name for name in taken if name) or 'no arguments'}." + hint
    return error.format_message().rstrip() + hint


def _fail(message: str, code: int) -> None:
    with suppress(OSError, ValueError):
        print(f"syntagma: {escape_control(message)}", file=sys.stderr, flush=True)  # noqa: T201
    sys.exit(code)
