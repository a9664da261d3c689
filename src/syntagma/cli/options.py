"""Options that several verbs share."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from syntagma.errors import ConfigError

if TYPE_CHECKING:
    from syntagma.data.sentences.reading import TaggedReadOptions
    from syntagma.data.texts.reading import ReadOptions


class BadRows(StrEnum):
    """What happens to rows that break a rule."""

    error = "error"
    skip = "skip"


class CutWords(StrEnum):
    """What happens to spans that begin or end within a word."""

    error = "error"
    widen = "widen"


TextColumn = Annotated[str | None, typer.Option(help="Column of the texts; guessed otherwise.", metavar="NAME")]
LabelColumn = Annotated[str | None, typer.Option(help="Column of the labels; guessed otherwise.", metavar="NAME")]
LabelSeparator = Annotated[
    str | None, typer.Option(help="Character between several labels of one text.", metavar="CHAR")
]
Quoted = Annotated[bool, typer.Option("--quoted", help="In TSV files, fields may stand in double quotes.")]
BadRowsOption = Annotated[
    BadRows, typer.Option("--bad-rows", help="Stop at a row that breaks a rule, or skip it and say so.")
]


WordColumn = Annotated[
    str | None,
    typer.Option(help="Tagging: column of the words, by name or number; the first otherwise.", metavar="NAME"),
]
TagColumn = Annotated[
    str | None, typer.Option(help="Tagging: column of the tags, by name or number; the last otherwise.", metavar="NAME")
]
Separator = Annotated[
    str | None, typer.Option(help="Tagging: what stands between fields; a tab or spaces otherwise.", metavar="TEXT")
]
CutWordsOption = Annotated[
    CutWords, typer.Option("--cut-words", help="Tagging: stop at a span that cuts a word, or widen it and say so.")
]


def read_options(
    text_column: str | None = None,
    label_column: str | None = None,
    label_separator: str | None = None,
    quoted: bool = False,
    bad_rows: BadRows = BadRows.error,
) -> "ReadOptions":
    """The options of reading files."""
    from syntagma.data.texts.reading import ReadOptions

    return ReadOptions(text_column, label_column, label_separator, quoted, bad_rows.value)


class Reading(NamedTuple):
    """The options of reading files, for whatever task a recipe or a model turns out to be for."""

    text_column: str | None = None
    label_column: str | None = None
    label_separator: str | None = None
    quoted: bool = False
    bad_rows: BadRows = BadRows.error
    word_column: str | None = None
    tag_column: str | None = None
    separator: str | None = None
    cut_words: CutWords = CutWords.error

    def of_task(self, task: str) -> "ReadOptions | TaggedReadOptions":
        """The options of a task.

        Raises:
            ConfigError: An option of another task was given.
        """
        return self.for_tags() if task == "tagging" else self.for_labels()

    def for_labels(self) -> "ReadOptions":
        """The options of reading labelled texts; see `of_task`."""
        self._refuse({"word_column", "tag_column", "separator", "cut_words"}, "classification")
        return read_options(self.text_column, self.label_column, self.label_separator, self.quoted, self.bad_rows)

    def for_tags(self) -> "TaggedReadOptions":
        """The options of reading tagged words; see `of_task`."""
        from syntagma.data.sentences.reading import TaggedReadOptions

        self._refuse({"text_column", "label_separator", "quoted"}, "tagging")
        return TaggedReadOptions(
            word_column=self.word_column,
            tag_column=self.tag_column,
            label_column=self.label_column,
            separator=self.separator,
            cut_words=self.cut_words.value,
            bad_rows=self.bad_rows.value,
        )

    def for_either(self) -> "tuple[TaggedReadOptions, ReadOptions]":
        """The options of reading words, and those of reading texts that are cut into words."""
        words = self._replace(text_column=None, quoted=False).for_tags()
        return words, read_options(self.text_column, None, None, self.quoted, self.bad_rows)

    def _refuse(self, others: set[str], task: str) -> None:
        given = [name for name in self._fields if name in others and getattr(self, name) != self._field_defaults[name]]
        if given:
            raise ConfigError(f"--{given[0].replace('_', '-')} is not for {task}; leave it out.")
