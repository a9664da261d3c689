"""CoNLL-U, the format of Universal Dependencies: ten columns separated by tabs.

Multiword tokens (`1-2`) and empty nodes (`8.1`) are skipped, so only the syntactic words remain. A feature in the
column `feats` or `misc` can be read as a separate column, such as `feats.Number`.
"""

import re
from pathlib import Path

from syntagma.data.formats.conll import GLOBAL_COLUMNS, find_document, parse_comments, split_blocks
from syntagma.data.formats.lines import name_of, read_lines
from syntagma.data.formats.rows import BadRows, RawRows
from syntagma.data.formats.words import check_word
from syntagma.errors import DataError

COLUMNS = ("id", "form", "lemma", "upos", "xpos", "feats", "head", "deprel", "deps", "misc")
NONE = "_"
_NUMBER = re.compile(r"\d+")
_OTHER = re.compile(r"\d+[-.]\d+")


def read_conllu(path: str | Path, bad_rows: BadRows, wanted: str | None) -> RawRows:
    """Read the sentences of a CoNLL-U file.

    Args:
        path: File to read; `-` is the standard input.
        bad_rows: Collector of sentences with a line that has an invalid word, a wrong word number, or more or fewer
            than ten fields.
        wanted: Feature to read as an additional column, such as `feats.Number`; `None` for no additional column. The
            cell of a word without the feature is `_`.

    Raises:
        DataError: If there are no sentences, or a line violates the format and bad rows are not skipped.
    """
    sentences = RawRows()
    document = None
    with read_lines(path) as lines:
        for block in split_blocks(lines):
            document = find_document(block, document)
            rows = _rows([(number, line) for number, line in block if not line.startswith("#")], bad_rows)
            if not rows:
                continue
            columns = {name: [fields[place] for _, fields in rows] for place, name in enumerate(COLUMNS) if place}
            column, _, feature = (wanted or "").partition(".")
            if wanted is not None and feature and column in columns:
                columns[wanted] = [_feature(cell, feature) for cell in columns[column]]
            facts = parse_comments([(number, line) for number, line in block if line.startswith("#")])
            facts.pop(GLOBAL_COLUMNS, None)  # describes the columns of the file, not the sentence
            sentences.add_words(columns, facts, rows[0][0], document)
    if not sentences.places and not len(bad_rows):
        raise DataError("contains no sentences; ten columns separated by tabs are needed.", path=name_of(path))
    return sentences


def _rows(lines: list[tuple[int, str]], bad_rows: BadRows) -> list[tuple[int, list[str]]]:
    """Return the line number and the fields of each word, or an empty list if the sentence is invalid."""
    rows: list[tuple[int, list[str]]] = []
    for number, line in lines:
        fields = line.split("\t")
        if len(fields) != len(COLUMNS):
            bad_rows.add(number, f"the line must have ten fields separated by tabs; got {len(fields)}")
            return []
        if _OTHER.fullmatch(fields[0]):
            continue
        if not _NUMBER.fullmatch(fields[0]) or int(fields[0]) != len(rows) + 1:
            bad_rows.add(number, f"the word's number must be {len(rows) + 1}; got {fields[0]!r}")
            return []
        if not check_word(fields[1], number, bad_rows):
            return []
        rows.append((number, fields))
    return rows


def _feature(cell: str, name: str) -> str:
    pairs = (pair.partition("=") for pair in cell.split("|"))
    return next((value for key, _, value in pairs if key == name), NONE)
