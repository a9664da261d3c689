"""Sentences that are to be tagged, from a file: words in columns or in JSON, or texts as people write them."""

from dataclasses import replace
from pathlib import Path

from syntagma.data.formats import TAGGED_FORMATS, format_of
from syntagma.data.lines import STANDARD_INPUT
from syntagma.data.reading import ReadOptions, read_table
from syntagma.data.sentences import of_texts
from syntagma.data.tagged_jsonl import WORDS, first_record
from syntagma.data.tagged_reading import TaggedReadOptions, read_tagged_table
from syntagma.data.tagged_table import TaggedTable
from syntagma.errors import ConfigError


def read_sentences(
    path: str | Path,
    words: TaggedReadOptions | None = None,
    texts: ReadOptions | None = None,
    format: str | None = None,
) -> TaggedTable:
    """Reads sentences without their tags; what else a file says of a sentence stays in the columns of the table.

    Args:
        path: A file; `-` is the standard input.
        words: How words in columns are read, and JSON lines with `tokens`.
        texts: How everything else is read, whose texts are cut into words.
        format: Of the file, where its name does not tell.

    Raises:
        DataError: The file breaks a rule of its format.
        ConfigError: An option is not for such a file.
    """
    words, texts = words or TaggedReadOptions(), texts or ReadOptions()
    standard = str(path) == STANDARD_INPUT
    known = format or (None if standard else format_of(Path(path)))
    if known in TAGGED_FORMATS.values() or (
        known == "jsonl" and not standard and isinstance(first_record(path).get(WORDS), list)
    ):
        if texts.text_column is not None:
            raise ConfigError(f"{path}: --text-column is for texts, and this file holds words; leave it out.")
        return read_tagged_table(path, words, tagged=False)
    if words.word_column is not None or words.separator is not None:
        name = "word-column" if words.word_column is not None else "separator"
        raise ConfigError(f"{path}: --{name} is for words in columns, and this file holds texts; leave it out.")
    table = read_table(path, texts, labelled=False, format=format)
    return replace(
        of_texts(table.texts),
        columns=table.columns,
        source=table.source,
        lines=table.lines,
        text_name=table.text_name,
        header=table.header,
    )
