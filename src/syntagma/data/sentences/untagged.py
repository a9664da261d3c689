"""Reading of sentences to be tagged: words in columns or JSON, or raw texts that are split into words."""

from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from syntagma.data.formats.annotations import TAGS, WORD_KEYS, WORDS, is_words
from syntagma.data.formats.jsonl import jsonl_blocks, read_jsonl
from syntagma.data.formats.lines import STANDARD_INPUT, name_of
from syntagma.data.formats.names import TAGGED_FORMATS, format_of
from syntagma.data.formats.rows import BadRows, RawRows, number_of
from syntagma.data.formats.word_rows import holds_word_rows
from syntagma.data.formats.words import check_word
from syntagma.data.options import ReadOptions
from syntagma.data.sentences.from_python import split_text, table_from_texts
from syntagma.data.sentences.reading import read_tagged_table
from syntagma.data.sentences.table import Offsets, TaggedTable, align_words
from syntagma.data.tables.table import Table
from syntagma.data.texts.reading import build_block, read_blocks, read_table, report_bad_rows
from syntagma.data.texts.table import TextTable
from syntagma.errors import ConfigError
from syntagma.text.word_style import WordStyle

_USUAL = WordStyle()
_TEXT = "text"


def read_sentences(
    path: str | Path, options: ReadOptions | None = None, format: str | None = None, style: WordStyle = _USUAL
) -> TaggedTable:
    """Read the sentences of a file without their tags. Other values per sentence become columns of the table.

    Args:
        path: Path of the file. `-` is the standard input.
        options: Reading options.
        format: Format of the file: any word format of `read_tagged_table`, or any text format of `read_table`. By
            default, plain text for the standard input, and otherwise the format inferred from the file name.
        style: Rules for splitting raw texts into words.

    Raises:
        DataError: If the file is missing or empty, or if a sentence is invalid and not skipped.
        ConfigError: If an option for words is set and the file contains texts, or vice versa.
    """
    options = options or ReadOptions()
    known = format or (None if str(path) == STANDARD_INPUT else format_of(Path(path)))
    if known in TAGGED_FORMATS.values():
        _reject_option(path, options, "text", "--text-column is for texts, but this file contains words")
        return read_tagged_table(path, options, tagged=False, format=known)
    if known == "jsonl":
        bad_rows = BadRows(path, skip=options.skips_bad_rows)
        table = _table_from_json(read_jsonl(path, bad_rows), options, bad_rows, style)
        report_bad_rows(bad_rows, len(table))
        return table
    if _holds_word_rows(path, known):
        _reject_option(path, options, "text", "--text-column is for texts, but this file contains one word per row")
        return read_tagged_table(path, options, tagged=False)
    _reject_word_options(path, options)
    return _split_texts(read_table(path, options, labelled=False, format=format), style)


def _reject_option(path: str | Path, options: ReadOptions, role: str, why: str) -> None:
    if options.column(role) is not None:
        raise ConfigError(f"{path}: {why}; leave it out.")


def read_sentence_blocks(
    path: str | Path,
    options: ReadOptions | None = None,
    format: str | None = None,
    style: WordStyle = _USUAL,
    *,
    most: int,
) -> Iterator[TaggedTable]:
    """Read the sentences of a file like `read_sentences`, but yield tables of at most `most` sentences.

    Texts and JSON lines on the standard input are yielded as soon as they arrive. Files with words in columns are read
    completely before the first table is yielded.

    Args:
        path: Path of the file. `-` is the standard input.
        options: Reading options.
        format: Format of the file, as for `read_sentences`.
        style: Rules for splitting raw texts into words.
        most: Maximum number of sentences in a table.

    Raises:
        DataError: If the file is missing or empty, or if a sentence is invalid and not skipped.
        ConfigError: If an option for words is set and the file contains texts, or vice versa.
    """
    options = options or ReadOptions()
    known = format or (None if str(path) == STANDARD_INPUT else format_of(Path(path)))
    if known == "jsonl":
        bad_rows, count = BadRows(path, skip=options.skips_bad_rows), 0
        for raw in jsonl_blocks(path, bad_rows, most):
            table = _table_from_json(raw, options, bad_rows, style)
            if len(table):
                yield table
                count += len(table)
        report_bad_rows(bad_rows, count)
    elif known in TAGGED_FORMATS.values() or _holds_word_rows(path, known):
        yield from read_sentences(path, options, format, style).blocks(most)
    else:
        _reject_word_options(path, options)
        yield from (_split_texts(table, style) for table in read_blocks(path, options, format=format, most=most))


def _holds_word_rows(path: str | Path, format: str | None) -> bool:
    return format in ("csv", "tsv") and str(path) != STANDARD_INPUT and holds_word_rows(path, tagged=False)


def _reject_word_options(path: str | Path, options: ReadOptions) -> None:
    _reject_option(path, options, "word", "--word-column is for words in columns, but this file contains texts")
    if options.separator is not None:
        raise ConfigError(f"{path}: --separator is for words in columns, but this file contains texts; leave it out.")


def _split_texts(table: TextTable, style: WordStyle) -> TaggedTable:
    return replace(
        table_from_texts(table.texts, style), **{one.name: getattr(table, one.name) for one in fields(Table)}
    )


def _table_from_json(raw: RawRows, options: ReadOptions, bad_rows: BadRows, style: WordStyle) -> TaggedTable:
    """Make a table from a block of JSON lines that contain lists of words, or texts to be split into words."""
    path = bad_rows.path
    names = [name for name in WORD_KEYS if any(map(is_words, raw.columns.get(name, ())))]
    name = options.column("word") or next(iter(names), WORDS)
    if any(is_words(value) for value in raw.columns.get(name, ())):
        _reject_option(path, options, "text", "--text-column is for texts, but this file contains words")
        return _table_from_words(raw, name, bad_rows, style)
    _reject_word_options(path, options)
    return _split_texts(build_block(raw, options, bad_rows, labelled=False), style)


def _table_from_words(raw: RawRows, name: str, bad_rows: BadRows, style: WordStyle) -> TaggedTable:
    """Make a table from JSON lines with a list of words in the field `name`.

    If a line has no list of words, its text is split into words.
    """
    sentences: list[tuple[str, list[str], Offsets]] = []
    kept: list[int] = []
    written = raw.columns.get(_TEXT, [None] * len(raw.places))
    for row, (words, text) in enumerate(zip(raw.columns[name], written, strict=True)):
        line = number_of(raw.places[row])
        sentence = _sentence(words, text, style)
        if sentence is None:
            bad_rows.add(line, f"{name!r}, a list of words, or {_TEXT!r} is needed")
        elif all(check_word(word, line, bad_rows) for word in sentence[1]):
            sentences.append(sentence)
            kept.append(row)
    unused = [row for row, (text, *_) in zip(kept, sentences, strict=True) if written[row] not in (None, text)]
    dropped = {name, TAGS} if unused else {name, TAGS, _TEXT}
    return TaggedTable(
        texts=[text for text, _, _ in sentences],
        columns={key: [values[row] for row in kept] for key, values in raw.columns.items() if key not in dropped},
        source=name_of(bad_rows.path),
        lines=[number_of(raw.places[row]) for row in kept],
        words=[words for _, words, _ in sentences],
        offsets=[places for _, _, places in sentences],
    )


def _sentence(words: Any, text: Any, style: WordStyle) -> tuple[str, list[str], Offsets] | None:
    """Return the text, words and word offsets of a JSON line, or `None` if the line has neither words nor a text."""
    if is_words(words):
        written, places = align_words(text, words)
        return written, words, places
    return (text, *split_text(text, style)) if isinstance(text, str) else None
