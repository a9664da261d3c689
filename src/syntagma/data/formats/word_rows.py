"""Tables with a word a row, such as Kaggle's `Sentence #,Word,POS,Tag`: a column says which sentence a word is of.

A sentence goes on as long as that column has the same value, or none.
"""

import csv
import re
from collections.abc import Iterable
from itertools import chain, islice
from pathlib import Path
from typing import NamedTuple

from syntagma.data.formats.delimited import read_csv, read_tsv
from syntagma.data.formats.lines import name_of, read_lines, without_end
from syntagma.data.formats.rows import BadRows, Place, RawRows, number_of
from syntagma.data.formats.words import check_word
from syntagma.errors import DataError

_SENTENCE = frozenset({"sentence", "sentence_id", "sentence_no", "sentence_number", "sentence_idx", "sent", "sent_id"})
_WORD = frozenset({"word", "words", "token", "tokens", "form"})
_DOCUMENT = frozenset({"doc", "doc_id", "document", "document_id", "doc_key", "file", "filename"})
_TAG = frozenset({"tag", "tags", "label", "labels", "ner", "ner_tag", "ner_tags", "iob", "bio", "entity", "bio_tag"})
_NUMBER = re.compile(r"\S+|\S+\s+\d+")  # as in "Sentence: 1"


class WordColumns(NamedTuple):
    """Columns of a table with a word a row; `tag` is `None` if there is none."""

    sentence: str
    word: str
    tag: str | None


def holds_word_rows(path: str | Path, *, tagged: bool = True) -> bool:
    """Return whether the first two lines are of a table with a word a row, and with its tag if it is to be tagged."""
    try:
        with read_lines(path) as lines:
            header, row = islice(chain((line for line in lines if line.strip()), ["", ""]), 2)
    except DataError:  # whoever reads it says why
        return False
    delimiter = next((sign for sign in ",\t;|" if sign in header), ",")
    names, cells = (_fields(without_end(line), delimiter) for line in (header, row))
    found = _usual(name.strip() for name in names)
    if found is None or (tagged and found.tag is None) or len(cells) != len(names):
        return False
    first = dict(zip(map(str.strip, names), cells, strict=True))
    # A number of a sentence, not its text; and a word, not a text.
    return bool(_NUMBER.fullmatch(first[found.sentence].strip())) and len(first[found.word].split()) == 1


def read_word_rows(
    path: str | Path, format: str, bad_rows: BadRows, *, sentence: str | None, word: str | None, tag: str | None
) -> tuple[RawRows, WordColumns]:
    """Read sentences from a CSV or TSV table, given the columns that somebody named.

    `bad_rows` receives sentences with a word that cannot be one.

    Raises:
        DataError: There is no column of sentences or words.
    """
    rows = read_csv(path, bad_rows) if format == "csv" else read_tsv(path, bad_rows)
    usual = _usual(rows.columns) or WordColumns("", "", None)
    columns = WordColumns(sentence or usual.sentence, word or usual.word, tag or usual.tag)
    for role, name in zip(("sentence", "word"), columns[:2], strict=True):
        if name not in rows.columns:
            raise DataError(
                f"which column holds the {role}s? There are {', '.join(map(repr, rows.columns))}. A table of words has "
                "a word a row and a column that numbers sentences; name them with --column sentence=NAME and "
                "--word-column NAME.",
                path=name_of(path),
            )
    return _sentences(rows, columns, bad_rows), columns


def _fields(line: str, delimiter: str) -> list[str]:
    return line.split("\t") if delimiter == "\t" else next(csv.reader([line], delimiter=delimiter), [])


def _usual(names: Iterable[str]) -> WordColumns | None:
    by_plain = {re.sub(r"[\W_]+", "_", name.lower()).strip("_"): name for name in names}
    found = [next((by_plain[name] for name in by_plain if name in known), None) for known in (_SENTENCE, _WORD, _TAG)]
    return WordColumns(found[0], found[1], found[2]) if found[0] is not None and found[1] is not None else None


def _sentences(rows: RawRows, columns: WordColumns, bad_rows: BadRows) -> RawRows:
    found = RawRows()
    columns_of_documents = [name for name in rows.columns if name.lower() in _DOCUMENT]
    others = [name for name in rows.columns if name != columns.sentence]
    rows = _without_blank_rows(rows, [name for name in columns if name])
    ids = rows.columns[columns.sentence]
    documents = list(zip(*(rows.columns[name] for name in columns_of_documents), strict=True)) or [()] * len(ids)
    start, document = 0, None
    for end in range(1, len(ids) + 1):
        goes_on = end < len(ids) and (_is_missing(ids[end]) or ids[end] == ids[start])
        if goes_on and (not any(documents[end]) or documents[end] == documents[start]):
            continue
        document = " ".join(documents[start]) if any(documents[start]) else document
        words = {name: rows.columns[name][start:end] for name in others}
        places: list[Place] = rows.places[start:end]
        if all(
            check_word(word, number_of(place), bad_rows)
            for word, place in zip(words[columns.word], places, strict=True)
        ):
            found.add_words(words, {}, places[0], document)
        start = end
    return found


def _is_missing(cell: str) -> bool:
    return cell.strip().lower() in ("", "nan")  # as pandas may write it


def _without_blank_rows(rows: RawRows, names: list[str]) -> RawRows:
    """Return the rows that say something, their cells without the spaces behind commas."""
    kept = [row for row in range(len(rows.places)) if any(rows.columns[name][row].strip() for name in names)]
    columns = {
        name: [values[row].strip() if name in names else values[row] for row in kept]
        for name, values in rows.columns.items()
    }
    return RawRows(columns, [rows.places[row] for row in kept], rows.has_header, rows.delimiter)
