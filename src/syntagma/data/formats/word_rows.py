"""Tables with one word per row and a sentence column, such as Kaggle's `Sentence #,Word,POS,Tag`.

A sentence continues as long as the sentence column is empty or has the same value, and the document does not change.
"""

import csv
import re
from collections.abc import Iterable
from itertools import chain, islice
from pathlib import Path
from typing import NamedTuple

from syntagma.data.formats.delimited import read_csv, read_tsv
from syntagma.data.formats.lines import name_of, read_lines, strip_line_end
from syntagma.data.formats.rows import BadRows, Place, RawRows, number_of
from syntagma.data.formats.words import check_word
from syntagma.errors import DataError

_SENTENCE = frozenset({"sentence", "sentence_id", "sentence_no", "sentence_number", "sentence_idx", "sent", "sent_id"})
_WORD = frozenset({"word", "words", "token", "tokens", "form"})
_DOCUMENT = frozenset({"doc", "doc_id", "document", "document_id", "doc_key", "file", "filename"})
_TAG = frozenset({"tag", "tags", "label", "labels", "ner", "ner_tag", "ner_tags", "iob", "bio", "entity", "bio_tag"})
_NUMBER = re.compile(r"\S+|\S+\s+\d+")  # as in "Sentence: 1"


class WordColumns(NamedTuple):
    """Column names of a table with one word per row.

    Attributes:
        sentence: Name of the column that identifies the sentence of a word.
        word: Name of the column of words.
        tag: Name of the column of tags, or `None` if there is no such column.
    """

    sentence: str
    word: str
    tag: str | None


def holds_word_rows(path: str | Path, *, tagged: bool = True) -> bool:
    """Return whether the first two lines of a file look like a table with one word per row.

    Blank lines are ignored. Returns False if the file cannot be read.

    Args:
        path: CSV or TSV file.
        tagged: Whether the table must have a column of tags.
    """
    try:
        with read_lines(path) as lines:
            header, row = islice(chain((line for line in lines if line.strip()), ["", ""]), 2)
    except DataError:  # raised again when the file is read
        return False
    delimiter = next((sign for sign in ",\t;|" if sign in header), ",")
    names, cells = (_fields(strip_line_end(line), delimiter) for line in (header, row))
    columns = _find_columns(name.strip() for name in names)
    if columns is None or (tagged and columns.tag is None) or len(cells) != len(names):
        return False
    first = dict(zip(map(str.strip, names), cells, strict=True))
    # The sentence column must contain a number or id, not a text, and the word column a single word.
    return bool(_NUMBER.fullmatch(first[columns.sentence].strip())) and len(first[columns.word].split()) == 1


def read_word_rows(
    path: str | Path, format: str, bad_rows: BadRows, *, sentence: str | None, word: str | None, tag: str | None
) -> tuple[RawRows, WordColumns]:
    """Read sentences from a CSV or TSV table with one word per row.

    Args:
        path: File to read; `-` is the standard input.
        format: Format of the file: "csv" or "tsv".
        bad_rows: Collector of sentences with an invalid word.
        sentence: Name of the column that identifies sentences; `None` to look for its usual names.
        word: Name of the column of words; `None` to look for its usual names.
        tag: Name of the column of tags; `None` to look for its usual names.

    Returns:
        The sentences, and the names of the columns that were read.

    Raises:
        DataError: If there is no column of sentences or of words, the file violates its format, or a word is invalid
            and bad rows are not skipped.
    """
    rows = read_csv(path, bad_rows) if format == "csv" else read_tsv(path, bad_rows)
    usual = _find_columns(rows.columns) or WordColumns("", "", None)
    columns = WordColumns(sentence or usual.sentence, word or usual.word, tag or usual.tag)
    for role, name in zip(("sentence", "word"), columns[:2], strict=True):
        if name not in rows.columns:
            raise DataError(
                f"needs a column of {role}s; got {', '.join(map(repr, rows.columns))}. A table of words has one word "
                "per row and a column that numbers the sentences; name them with --column sentence=NAME and "
                "--word-column NAME.",
                path=name_of(path),
            )
    return _sentences(rows, columns, bad_rows), columns


def _fields(line: str, delimiter: str) -> list[str]:
    return line.split("\t") if delimiter == "\t" else next(csv.reader([line], delimiter=delimiter), [])


def _find_columns(names: Iterable[str]) -> WordColumns | None:
    by_plain = {re.sub(r"[\W_]+", "_", name.lower()).strip("_"): name for name in names}
    usual = [next((by_plain[name] for name in by_plain if name in known), None) for known in (_SENTENCE, _WORD, _TAG)]
    return WordColumns(usual[0], usual[1], usual[2]) if usual[0] is not None and usual[1] is not None else None


def _sentences(rows: RawRows, columns: WordColumns, bad_rows: BadRows) -> RawRows:
    sentences = RawRows()
    document_columns = [name for name in rows.columns if name.lower() in _DOCUMENT]
    others = [name for name in rows.columns if name != columns.sentence]
    rows = _drop_blank_rows(rows, [name for name in columns if name])
    ids = rows.columns[columns.sentence]
    documents = list(zip(*(rows.columns[name] for name in document_columns), strict=True)) or [()] * len(ids)
    start, document = 0, None
    for end in range(1, len(ids) + 1):
        continues = end < len(ids) and (_is_missing(ids[end]) or ids[end] == ids[start])
        if continues and (not any(documents[end]) or documents[end] == documents[start]):
            continue
        document = " ".join(documents[start]) if any(documents[start]) else document
        words = {name: rows.columns[name][start:end] for name in others}
        places: list[Place] = rows.places[start:end]
        if all(
            check_word(word, number_of(place), bad_rows)
            for word, place in zip(words[columns.word], places, strict=True)
        ):
            sentences.add_words(words, {}, places[0], document)
        start = end
    return sentences


def _is_missing(cell: str) -> bool:
    return cell.strip().lower() in ("", "nan")  # as pandas may write it


def _drop_blank_rows(rows: RawRows, names: list[str]) -> RawRows:
    """Drop rows that are blank in all columns in `names`, and strip the spaces around the cells of these columns."""
    kept = [row for row in range(len(rows.places)) if any(rows.columns[name][row].strip() for name in names)]
    columns = {
        name: [values[row].strip() if name in names else values[row] for row in kept]
        for name, values in rows.columns.items()
    }
    return RawRows(columns, [rows.places[row] for row in kept], rows.has_header, rows.delimiter)
