"""Options that several commands share, for reading files and for printing results as text or JSON."""

import inspect
import json
from collections.abc import Callable
from enum import StrEnum
from functools import wraps
from typing import Annotated, Any, NamedTuple

import typer

from syntagma.cli.layout import DATA, FORMATS, OUTPUT, PREDICTING
from syntagma.data.options import SHORT_ROLES
from syntagma.data.sources import SplitFiles
from syntagma.errors import ConfigError
from syntagma.tasks.writing import replace_non_finite

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.", rich_help_panel=OUTPUT)]
Threshold = Annotated[
    float | None,
    typer.Option(
        min=0,
        max=1,
        help="Lowest probability at which a label is predicted: the second of two classes in alphabetical order, each "
        "of several labels, or a span.",
        rich_help_panel=PREDICTING,
    ),
]


def show(result: Any, as_json: bool) -> None:
    """Print the result of a command.

    Args:
        result: Result with the methods `to_text` and `to_dict`.
        as_json: Whether to print JSON instead of text.
    """
    typer.echo(
        json.dumps(replace_non_finite(result.to_dict()), indent=2, ensure_ascii=False) if as_json else result.to_text()
    )


class BadRows(StrEnum):
    """Values of the option `--bad-rows`, which determines the handling of invalid rows."""

    error = "error"
    skip = "skip"


class CutWords(StrEnum):
    """Values of the option `--cut-words`, which determines the handling of spans that begin or end within a word."""

    error = "error"
    widen = "widen"
    narrow = "narrow"


class Overlaps(StrEnum):
    """Values of the option `--overlaps`, which determines the handling of spans that share a word."""

    error = "error"
    longest = "longest"
    first = "first"


class Reading(NamedTuple):
    """Options for reading files, as given on the command line.

    Attributes:
        columns: Column name for each role.
        settings: Values of all other options that differ from their defaults, by option name.
        files: Paths of the files given for each split, such as with `--train`.
    """

    columns: dict[str, str]
    settings: dict[str, Any]
    files: dict[str, list[str]]

    def source(self, data: str | None, option: str = "--data") -> str | SplitFiles | None:
        """Return the data to read: `data`, the files of each split, or `None` if neither was given.

        Args:
            data: Path or name of a corpus. `None` if it was not given.
            option: Name of the option or argument that sets `data`, for error messages.

        Raises:
            ConfigError: If both `data` and files were given, if files were given but none for train, or if a file was
                given twice.
        """
        if not self.files:
            return data
        if data is not None:
            raise ConfigError(f"{option} and --{next(iter(self.files))} both name the data; give only one of them.")
        if "train" not in self.files:
            raise ConfigError(
                f"--{next(iter(self.files))} needs --train, the file of the training rows; add it, or give a folder "
                f"with all splits as {option}."
            )
        return SplitFiles.from_paths(**self.files)


_SPLITS = ("train", "dev", "test")


_MEANINGS = {
    "source": " For pairs of texts; parallel files such as train.en have their ending as the name.",
    "target": " For pairs of texts, as for --source.",
    "split": " The column holds train, dev or test.",
    "group": " Rows with the same value in it stay in one split or fold.",
}


# Roles whose option has a second name without `-column`, because columns of pairs are often named after languages.
_SHORTEST_ROLES = ("source", "target")


def _column_option(role: str) -> Any:
    text = f"Short for --column {role}=NAME.{_MEANINGS.get(role, '')}"
    names = [f"--{role}-column", *([f"--{role}"] if role in _SHORTEST_ROLES else [])]
    return Annotated[str | None, typer.Option(*names, help=text, metavar="NAME", rich_help_panel=DATA)]


def _files_option(split: str) -> Any:
    name = "dev (validation)" if split == "dev" else split
    text = f"File or folder of the {name} split; can be repeated."
    return Annotated[list[str] | None, typer.Option(f"--{split}", help=text, metavar="PATH", rich_help_panel=DATA)]


def _option(annotation: Any, help: str, metavar: str | None = None, name: str | None = None) -> Any:
    names = [name] if name else []
    panel = DATA if metavar == "ROLE=NAME" else FORMATS
    return Annotated[annotation, typer.Option(*names, help=help, metavar=metavar, rich_help_panel=panel)]


# Annotation and default of each option.
_OPTIONS: dict[str, tuple[Any, Any]] = {
    **{f"{split}_files": (_files_option(split), None) for split in _SPLITS},
    "column": (_option(list[str] | None, "Column of a role, such as text, label, word or tag.", "ROLE=NAME"), None),
    **{f"{role}_column": (_column_option(role), None) for role in SHORT_ROLES},
    "label_separator": (_option(str | None, "Character between several labels of one row.", "CHAR"), None),
    "separator": (
        _option(
            str | None, "For files with one word per line: text between the fields. Default: a tab or spaces.", "TEXT"
        ),
        None,
    ),
    "no_header": (
        _option(bool, "Tables have no line of column names. Columns are called 1, 2, ...", name="--no-header"),
        False,
    ),
    "quoted": (_option(bool, "In TSV files, fields may be in double quotes.", name="--quoted"), False),
    "scheme": (_option(str | None, "Tag scheme, such as BIO or BILOU; none for plain tags.", "NAME"), None),
    "cut_words": (
        _option(CutWords, "Spans that begin or end within a word: stop, or widen or narrow them to whole words."),
        CutWords.error,
    ),
    "overlaps": (_option(Overlaps, "Spans that share a word: stop, or keep the longest or the first."), Overlaps.error),
    "label_names": (
        _option(str | None, "Names of labels or tags that are numbers, separated by commas.", "A,B,..."),
        None,
    ),
    "bad_rows": (_option(BadRows, "Invalid rows: stop, or skip them with a message."), BadRows.error),
}
ALL = tuple(_OPTIONS)


def add_reading_options(*names: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Return a decorator that adds options for reading files to a command.

    The command receives all of these options together in its parameter `reading`.

    Args:
        *names: Names of the options to add, from `ALL`.
    """
    table = {name: option for name, option in _OPTIONS.items() if name in names}
    return add_options(table, "reading", _sort_options)


def add_options(
    table: dict[str, tuple[Any, Any]], parameter: str, collect: Callable[[dict[str, Any]], Any]
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Return a decorator that replaces a parameter of a command with options, which follow those for the data.

    Args:
        table: Annotation and default of each option.
        parameter: Name of the parameter, which receives all options together.
        collect: Function that converts the values of the options to the value of the parameter.
    """

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        own = [one for one in inspect.signature(command).parameters.values() if one.name != parameter]
        added = [
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
            for name, (annotation, default) in table.items()
        ]

        @wraps(command)
        def with_options(**values: Any) -> None:
            options = {name: values.pop(name) for name in table}
            command(**values, **{parameter: collect(options)})

        place = max((i + 1 for i, one in enumerate(own) if _panel(one) in (None, DATA)), default=0)
        own = [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in own]
        parameters = [*own[:place], *added, *own[place:]]
        with_options.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        with_options.__annotations__ = {one.name: one.annotation for one in parameters}
        return with_options

    return decorate


def _panel(parameter: inspect.Parameter) -> str | None:
    """Return the heading under which the help text shows an option, or `None` for an argument."""
    return next((one.rich_help_panel for one in getattr(parameter.annotation, "__metadata__", ())), None)


def _sort_options(options: dict[str, Any]) -> Reading:
    """Sort the values of options into columns, settings and files.

    Raises:
        ConfigError: If a value of `--column` does not have the form ROLE=NAME, or if a role has two columns.
    """
    pairs = options.pop("column", None) or []
    short = [name for name in options if name.endswith("_column")]
    columns = {name.removesuffix("_column"): value for name in short if (value := options.pop(name)) is not None}
    for pair in pairs:
        role, equals, name = pair.partition("=")
        if not (role and equals and name):
            raise ConfigError(f"--column takes ROLE=NAME, such as text=review; got {pair!r}.")
        if role in columns:
            raise ConfigError(f"--column: the column of {role!r} is given twice; give it once.")
        columns[role] = name
    files = {split: options.pop(f"{split}_files", None) for split in _SPLITS}
    changed = {name: value for name, value in options.items() if value != _OPTIONS[name][1]}
    settings = {name: value.value if isinstance(value, StrEnum) else value for name, value in changed.items()}
    if "label_names" in settings:
        settings["label_names"] = tuple(name.strip() for name in settings["label_names"].split(","))
    return Reading(columns, settings, {split: paths for split, paths in files.items() if paths})
