"""Sentences that are to be tagged, from a file: words in columns or in JSON, or texts as people write them."""

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
from syntagma.data.sentences.from_python import cut_text, of_texts
from syntagma.data.sentences.reading import read_tagged_table
from syntagma.data.sentences.table import Offsets, TaggedTable, text_and_places
from syntagma.data.tables.table import Table
from syntagma.data.texts.reading import block_of, read_blocks, read_table, report_bad_rows
from syntagma.data.texts.table import TextTable
from syntagma.errors import ConfigError
from syntagma.text.word_style import WordStyle

_USUAL = WordStyle()
_TEXT = "text"


def read_sentences(
    path: str | Path, options: ReadOptions | None = None, format: str | None = None, style: WordStyle = _USUAL
) -> TaggedTable:
    """Read sentences without their tags; what else a file says of a sentence stays in the columns of the table.

    The path `-` is the standard input. Texts are cut into words in a style.

    Raises:
        DataError: The file breaks a rule of its format.
        ConfigError: An option is not for such a file.
    """
    options = options or ReadOptions()
    known = format or (None if str(path) == STANDARD_INPUT else format_of(Path(path)))
    if known in TAGGED_FORMATS.values():
        _refuse(path, options, "text", "--text-column is for texts, and this file holds words")
        return read_tagged_table(path, options, tagged=False, format=known)
    if known == "jsonl":
        bad_rows = BadRows(path, skip=options.skips_bad_rows)
        table = _of_json(read_jsonl(path, bad_rows), options, bad_rows, style)
        report_bad_rows(bad_rows, len(table))
        return table
    if _holds_word_rows(path, known):
        _refuse(path, options, "text", "--text-column is for texts, and this file holds a word a row")
        return read_tagged_table(path, options, tagged=False)
    _refuse_word_options(path, options)
    return _of_table(read_table(path, options, labelled=False, format=format), style)


def _refuse(path: str | Path, options: ReadOptions, role: str, why: str) -> None:
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
    """Yield what `read_sentences` reads in blocks of at most `most` sentences.

    Lines of the standard input come as soon as they are there.

    Raises:
        DataError: See `read_sentences`.
        ConfigError: An option is not for such a file.
    """
    options = options or ReadOptions()
    known = format or (None if str(path) == STANDARD_INPUT else format_of(Path(path)))
    if known == "jsonl":
        bad_rows, count = BadRows(path, skip=options.skips_bad_rows), 0
        for raw in jsonl_blocks(path, bad_rows, most):
            table = _of_json(raw, options, bad_rows, style)
            if len(table):
                yield table
                count += len(table)
        report_bad_rows(bad_rows, count)
    elif known in TAGGED_FORMATS.values() or _holds_word_rows(path, known):
        yield from read_sentences(path, options, format, style).blocks(most)
    else:
        _refuse_word_options(path, options)
        yield from (_of_table(table, style) for table in read_blocks(path, options, format=format, most=most))


def _holds_word_rows(path: str | Path, format: str | None) -> bool:
    return format in ("csv", "tsv") and str(path) != STANDARD_INPUT and holds_word_rows(path, tagged=False)


def _refuse_word_options(path: str | Path, options: ReadOptions) -> None:
    _refuse(path, options, "word", "--word-column is for words in columns, and this file holds texts")
    if options.separator is not None:
        raise ConfigError(f"{path}: --separator is for words in columns, and this file holds texts; leave it out.")


def _of_table(table: TextTable, style: WordStyle) -> TaggedTable:
    return replace(of_texts(table.texts, style), **{one.name: getattr(table, one.name) for one in fields(Table)})


def _of_json(raw: RawRows, options: ReadOptions, bad_rows: BadRows, style: WordStyle) -> TaggedTable:
    """Return a block of JSON lines, of words or of texts."""
    path = bad_rows.path
    names = [name for name in WORD_KEYS if any(map(is_words, raw.columns.get(name, ())))]
    name = options.column("word") or next(iter(names), WORDS)
    if any(is_words(value) for value in raw.columns.get(name, ())):
        _refuse(path, options, "text", "--text-column is for texts, and this file holds words")
        return _of_words(raw, name, bad_rows, style)
    _refuse_word_options(path, options)
    return _of_table(block_of(raw, options, bad_rows, labelled=False), style)


def _of_words(raw: RawRows, name: str, bad_rows: BadRows, style: WordStyle) -> TaggedTable:
    """Of JSON lines: their words, or those of the text where a line has no words."""
    found: list[tuple[str, list[str], Offsets]] = []
    kept: list[int] = []
    written = raw.columns.get(_TEXT, [None] * len(raw.places))
    for row, (words, text) in enumerate(zip(raw.columns[name], written, strict=True)):
        line = number_of(raw.places[row])
        sentence = _sentence(words, text, style)
        if sentence is None:
            bad_rows.add(line, f"{name!r}, a list of words, or {_TEXT!r} is needed")
        elif all(check_word(word, line, bad_rows) for word in sentence[1]):
            found.append(sentence)
            kept.append(row)
    unused = [row for row, (text, *_) in zip(kept, found, strict=True) if written[row] not in (None, text)]
    dropped = {name, TAGS} if unused else {name, TAGS, _TEXT}
    return TaggedTable(
        texts=[text for text, _, _ in found],
        columns={key: [values[row] for row in kept] for key, values in raw.columns.items() if key not in dropped},
        source=name_of(bad_rows.path),
        lines=[number_of(raw.places[row]) for row in kept],
        words=[words for _, words, _ in found],
        offsets=[places for _, _, places in found],
    )


def _sentence(words: Any, text: Any, style: WordStyle) -> tuple[str, list[str], Offsets] | None:
    """Its text, words and their places; `None` where there is neither."""
    if is_words(words):
        written, places = text_and_places(text, words)
        return written, words, places
    return (text, *cut_text(text, style)) if isinstance(text, str) else None
