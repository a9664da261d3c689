"""Options for reading data files of any kind: columns by role, separators, tag schemes and bad rows."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, Self

from syntagma.errors import ConfigError

_SCHEMES = ("BIO", "IOB1", "IOB2", "IOBES", "BIOES", "BILOU", "BIOUL", "BMES", "BMEWO", "IO", "none")
_CHOICES: dict[str, tuple[str | None, ...]] = {
    "bad_rows": ("error", "skip"),
    "cut_words": ("error", "widen", "narrow"),
    "overlaps": ("error", "longest", "first"),
    "scheme": (None, *_SCHEMES),
}
# Roles of columns that determine the split of a row, for every task.
SPLITTING_ROLES = ("split", "group")

# Options that only some tasks use.
_SETTINGS = ("label_separator", "separator", "no_header", "quoted", "scheme", "cut_words", "overlaps", "label_names")
_COLUMN = "_column"
_USUAL = "usual_"


# Roles with a separate option, such as `--text-column`.
SHORT_ROLES = ("text", "label", "word", "tag", "source", "target", "split", "group")


def option_name(role: str) -> str:
    """Return the command-line option that sets the column for a role, such as `--text-column`."""
    return f"--{role}-column" if role in SHORT_ROLES else f"--column {role}"


@dataclass(frozen=True)
class ReadOptions:
    """Options for reading data files.

    Args:
        columns: Column name by role, such as `{"text": "review", "label": "stars"}`. The column for a role without an
            entry is guessed from its usual name or position, and a note reports the guess.
        usual: Default column name by role. A default is used if the file has that column and `columns` has no entry
            for the role.
        label_separator: Character between the labels of one row, or `None` if each cell contains a single label.
        separator: Text between the fields of a line in column formats such as CoNLL; `None` means a tab, or spaces if
            the file has no tabs.
        no_header: Whether CSV and TSV files lack a header line. If so, their columns are named 1, 2, and so on.
        quoted: Whether TSV fields may be quoted. If not, `"` is an ordinary character in TSV files.
        scheme: Tagging scheme for spans, or "none" for plain tags such as parts of speech. By default, the scheme is
            detected from the tags.
        cut_words: Treatment of a span that begins or ends within a word: "error" (raise an error), "widen" (extend the
            span to whole words) or "narrow" (shrink the span to whole words).
        overlaps: Treatment of spans that share a word: "error" (raise an error), "longest" (keep the longest span) or
            "first" (keep the first span).
        label_names: Names of labels or tags that a file stores as numbers; number `n` has the name `label_names[n]`.
        bad_rows: Treatment of a row that breaks a rule: "error" (raise an error) or "skip" (skip and count the row).

    Raises:
        ConfigError: If the value of an option is not one of its choices, if `label_separator` is not a single
            character, or if `separator` is empty.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    usual: Mapping[str, str] = field(default_factory=dict)
    label_separator: str | None = None
    separator: str | None = None
    no_header: bool = False
    quoted: bool = False
    scheme: str | None = None
    cut_words: Literal["error", "widen", "narrow"] = "error"
    overlaps: Literal["error", "longest", "first"] = "error"
    label_names: Sequence[str] = ()
    bad_rows: Literal["error", "skip"] = "error"

    def __post_init__(self) -> None:
        for name, choices in _CHOICES.items():
            if getattr(self, name) not in choices:
                known = " or ".join(repr(one) for one in choices if one is not None)
                raise ConfigError(f"{name} must be {known}; got {getattr(self, name)!r}.")
        if self.label_separator is not None and len(self.label_separator) != 1:
            raise ConfigError(
                "label_separator (--label-separator) must be one character, such as ','; got "
                f"{self.label_separator!r}. Whitespace around labels is removed anyway."
            )
        if self.separator == "":
            raise ConfigError("separator must have at least one character; omit it to use tabs or spaces.")

    @property
    def skips_bad_rows(self) -> bool:
        """Whether rows that break a rule are skipped instead of causing an error."""
        return self.bad_rows == "skip"

    def column(self, role: str) -> str | None:
        """Return the column name that is set for a role, or `None` if no name is set."""
        return self.columns.get(role)

    @property
    def splitting_columns(self) -> set[str]:
        """Names of the columns that determine how rows are split or grouped.

        These columns do not contain texts, tags, labels or values.
        """
        return {name for role, name in self.columns.items() if role in SPLITTING_ROLES}

    def changed_options(self) -> dict[str, str]:
        """Return the options that differ from their defaults.

        The result maps each command-line option to its field name. The fields `usual` and `bad_rows` are left out.
        """
        values = {name: getattr(self, name) for name in _SETTINGS}
        changed = [name for name, value in values.items() if value != getattr(ReadOptions, name)]
        columns = dict.fromkeys(map(option_name, self.columns), "columns")
        return {**columns, **{f"--{name.replace('_', '-')}": name for name in changed}}

    def to_dict(self) -> dict[str, Any]:
        """Return the options as plain values that can be saved as JSON."""
        return {**asdict(self), "columns": dict(self.columns), "usual": dict(self.usual)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Restore options from the output of `to_dict`, or from the older format with one key per column role.

        Raises:
            TypeError: If a key is unknown.
        """
        kept = {name: value for name, value in values.items() if not name.endswith(_COLUMN)}
        old = {name.removesuffix(_COLUMN): value for name, value in values.items() if name.endswith(_COLUMN) and value}
        usual = {name.removeprefix(_USUAL): value for name, value in old.items() if name.startswith(_USUAL)}
        columns = {name: value for name, value in old.items() if not name.startswith(_USUAL)}
        names = {"label_names": tuple(kept.get("label_names", ()))}
        return cls(**{**kept, **names, "columns": kept.get("columns", columns), "usual": kept.get("usual", usual)})
