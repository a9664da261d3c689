"""How files are read, whatever they hold: columns by role, separators, bad rows."""

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
# Roles of columns that say how rows are split, whatever the rows are of.
SPLITTING_ROLES = ("split", "group")

# Options that mean something for some tasks only.
_SETTINGS = ("label_separator", "separator", "no_header", "quoted", "scheme", "cut_words", "overlaps", "label_names")
_COLUMN = "_column"
_USUAL = "usual_"


# Roles with an option of their own, such as `--text-column`.
SHORT_ROLES = ("text", "label", "word", "tag", "split", "group")


def option_of(role: str) -> str:
    """Return how the command spells the column of a role."""
    return f"--{role}-column" if role in SHORT_ROLES else f"--column {role}"


@dataclass(frozen=True)
class ReadOptions:
    """How files are read.

    Args:
        columns: Column by role, such as `{"text": "review", "label": "stars"}`. A role that is missing is found by its
            usual name or place, which is said if it is a guess.
        usual: Columns by role that are taken if a file has them and `columns` names no other.
        label_separator: Character between several labels of one row; `None` if a string is one label.
        separator: Text between the fields of a line of words; `None` means a tab, or spaces if there is none.
        no_header: Whether CSV and TSV files have no line of column names; their columns are called 1, 2, and so on.
        quoted: Whether TSV fields may be in quotes; otherwise `"` is an ordinary character there.
        scheme: Scheme of the tags of spans, "none" for plain tags; `None` if the tags tell.
        cut_words: Whether a span that begins or ends within a word is an error, or is widened or narrowed to whole
            words.
        overlaps: Whether spans that share a word are an error, or the longest or the first of them is kept.
        label_names: Names of labels or tags that a file gives as numbers, in the order of these.
        bad_rows: Whether a row that breaks a rule is an error, or is skipped and counted.

    Raises:
        ConfigError: A value outside these.
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
                "label_separator (--label-separator) must be one character, such as ','; white space around a label is "
                f"dropped anyway; got {self.label_separator!r}."
            )
        if self.separator == "":
            raise ConfigError("separator must be one character or more; leave it out for tabs or spaces.")

    @property
    def skips_bad_rows(self) -> bool:
        """Whether rows that break a rule are skipped."""
        return self.bad_rows == "skip"

    def column(self, role: str) -> str | None:
        """Return the column asked for a role, or `None`."""
        return self.columns.get(role)

    @property
    def splitting_columns(self) -> set[str]:
        """Columns that say how rows are split, and so are neither text, tag, label nor value."""
        return {name for role, name in self.columns.items() if role in SPLITTING_ROLES}

    def given(self) -> dict[str, str]:
        """Return the options that differ from their defaults: their names by how the command spells them."""
        values = {name: getattr(self, name) for name in _SETTINGS}
        changed = [name for name, value in values.items() if value != getattr(ReadOptions, name)]
        columns = dict.fromkeys(map(option_of, self.columns), "columns")
        return {**columns, **{f"--{name.replace('_', '-')}": name for name in changed}}

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, for JSON."""
        return {**asdict(self), "columns": dict(self.columns), "usual": dict(self.usual)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Restore options from `to_dict`, or from the form with one key per column that runs were once written in.

        Raises:
            TypeError: An unknown key.
        """
        kept = {name: value for name, value in values.items() if not name.endswith(_COLUMN)}
        old = {name.removesuffix(_COLUMN): value for name, value in values.items() if name.endswith(_COLUMN) and value}
        usual = {name.removeprefix(_USUAL): value for name, value in old.items() if name.startswith(_USUAL)}
        columns = {name: value for name, value in old.items() if not name.startswith(_USUAL)}
        names = {"label_names": tuple(kept.get("label_names", ()))}
        return cls(**{**kept, **names, "columns": kept.get("columns", columns), "usual": kept.get("usual", usual)})
