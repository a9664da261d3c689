"""What several verbs share: the options of reading files, and results shown as text or JSON."""

import inspect
import json
from collections.abc import Callable
from enum import StrEnum
from functools import wraps
from typing import Annotated, Any, NamedTuple

import typer

from syntagma.data.options import SHORT_ROLES
from syntagma.data.sources import SplitFiles
from syntagma.errors import ConfigError
from syntagma.tasks.writing import finite

AsJson = Annotated[bool, typer.Option("--json", help="As JSON.")]
Threshold = Annotated[
    float | None,
    typer.Option(
        min=0,
        max=1,
        help="Probability from which the second of two classes (in alphabetical order), a label of several, or a span "
        "is given.",
    ),
]


def show(found: Any, as_json: bool) -> None:
    """Print a result as text or JSON."""
    typer.echo(json.dumps(finite(found.to_dict()), indent=2, ensure_ascii=False) if as_json else found.to_text())


class BadRows(StrEnum):
    """What happens to rows that break a rule."""

    error = "error"
    skip = "skip"


class CutWords(StrEnum):
    """What happens to spans that begin or end within a word."""

    error = "error"
    widen = "widen"
    narrow = "narrow"


class Overlaps(StrEnum):
    """What happens to spans that share a word."""

    error = "error"
    longest = "longest"
    first = "first"


class Reading(NamedTuple):
    """Columns by role that were given, other options that do not have their default, by name, and files by split."""

    columns: dict[str, str]
    settings: dict[str, Any]
    files: dict[str, list[str]]

    def source(self, data: str | None, option: str = "--data") -> str | SplitFiles | None:
        """Return the path or name that was given, or the files of each split; `None` if there is neither.

        Raises:
            ConfigError: There are both, files of no train, or a file twice.
        """
        if not self.files:
            return data
        if data is not None:
            raise ConfigError(f"{option} and --{next(iter(self.files))} both say where the rows are; give one of them.")
        if "train" not in self.files:
            raise ConfigError(
                f"--{next(iter(self.files))} goes with --train, which names the rows to learn from; add it, or give a "
                f"folder with all splits as {option}."
            )
        return SplitFiles.from_paths(**self.files)


_SPLITS = ("train", "dev", "test")


_MEANINGS = {
    "split": "; says of each row whether it is of train, dev or test",
    "group": "; rows with an equal value there stay in one split or fold",
}


def _short(role: str) -> Any:
    text = f"Short for --column {role}=NAME{_MEANINGS.get(role, '')}."
    return Annotated[str | None, typer.Option(help=text, metavar="NAME")]


def _files(split: str) -> Any:
    text = f"File or folder of {split}, in place of --data; may be given several times."
    return Annotated[list[str] | None, typer.Option(f"--{split}", help=text, metavar="PATH")]


# Annotation and default of each option.
_OPTIONS: dict[str, tuple[Any, Any]] = {
    **{f"{split}_files": (_files(split), None) for split in _SPLITS},
    "column": (
        Annotated[
            list[str] | None,
            typer.Option(help="Column of a role, such as text, label, word or tag.", metavar="ROLE=NAME"),
        ],
        None,
    ),
    **{f"{role}_column": (_short(role), None) for role in SHORT_ROLES},
    "label_separator": (
        Annotated[str | None, typer.Option(help="Character between several labels of one row.", metavar="CHAR")],
        None,
    ),
    "separator": (
        Annotated[
            str | None,
            typer.Option(help="Words in columns: text between the fields; a tab or spaces otherwise.", metavar="TEXT"),
        ],
        None,
    ),
    "no_header": (
        Annotated[bool, typer.Option("--no-header", help="Tables have no line of column names; they are 1, 2, ...")],
        False,
    ),
    "quoted": (Annotated[bool, typer.Option("--quoted", help="In TSV files, fields may be in double quotes.")], False),
    "scheme": (
        Annotated[
            str | None,
            typer.Option(help="Scheme of the tags, such as BIO or BILOU; none for plain tags.", metavar="NAME"),
        ],
        None,
    ),
    "cut_words": (
        Annotated[
            CutWords, typer.Option(help="Stop at a span that cuts a word, or widen or narrow it to whole words.")
        ],
        CutWords.error,
    ),
    "overlaps": (
        Annotated[Overlaps, typer.Option(help="Stop at spans that share a word, or keep the longest or the first.")],
        Overlaps.error,
    ),
    "label_names": (
        Annotated[
            str | None, typer.Option(help="Names of labels or tags that are numbers, with commas.", metavar="A,B,...")
        ],
        None,
    ),
    "bad_rows": (
        Annotated[BadRows, typer.Option(help="Stop at a row that breaks a rule, or skip it and say so.")],
        BadRows.error,
    ),
}
ALL = tuple(_OPTIONS)


def reads_files(*names: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a verb the options of reading files with these names; it takes them together, as `asked: Reading`."""

    def decorate(verb: Callable[..., None]) -> Callable[..., None]:
        own = [one for one in inspect.signature(verb).parameters.values() if one.name != "asked"]
        added = [
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
            for name, (annotation, default) in _OPTIONS.items()
            if name in names
        ]

        @wraps(verb)
        def with_options(**values: Any) -> None:
            given = {name: values.pop(name) for name in names}
            verb(**values, asked=_reading(given))

        parameters = [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in own] + added
        with_options.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        with_options.__annotations__ = {one.name: one.annotation for one in parameters}
        return with_options

    return decorate


def _reading(given: dict[str, Any]) -> Reading:
    """Sort options into columns by role and settings.

    Raises:
        ConfigError: A pair without `=`, or a role that is given twice.
    """
    pairs = given.pop("column", None) or []
    short = [name for name in given if name.endswith("_column")]
    columns = {name.removesuffix("_column"): value for name in short if (value := given.pop(name)) is not None}
    for pair in pairs:
        role, equals, name = pair.partition("=")
        if not (role and equals and name):
            raise ConfigError(f"--column takes ROLE=NAME, such as text=review; got {pair!r}.")
        if role in columns:
            raise ConfigError(f"--column: the column of {role!r} is given twice; give it once.")
        columns[role] = name
    named = {split: given.pop(f"{split}_files", None) for split in _SPLITS}
    changed = {name: value for name, value in given.items() if value != _OPTIONS[name][1]}
    settings = {name: value.value if isinstance(value, StrEnum) else value for name, value in changed.items()}
    if "label_names" in settings:
        settings["label_names"] = tuple(name.strip() for name in settings["label_names"].split(","))
    return Reading(columns, settings, {split: files for split, files in named.items() if files})
