"""CoNLL-U, the format of Universal Dependencies: ten columns between tabs.

Ranges (`1-2`, words written as one) and empty nodes (`8.1`) are passed over; what is left are the plain words. A
feature of the column `feats` or `misc` can be asked for as a column of its own, such as `feats.Number`.
"""

import re
from pathlib import Path

from syntagma.data.formats.conll import GLOBAL_COLUMNS, begun_document, blocks, facts_of
from syntagma.data.formats.lines import name_of, read_lines
from syntagma.data.formats.rows import BadRows, RawRows
from syntagma.data.formats.words import check_word
from syntagma.errors import DataError

COLUMNS = ("id", "form", "lemma", "upos", "xpos", "feats", "head", "deprel", "deps", "misc")
NONE = "_"
_NUMBER = re.compile(r"\d+")
_OTHER = re.compile(r"\d+[-.]\d+")


def read_conllu(path: str | Path, bad_rows: BadRows, wanted: str | None) -> RawRows:
    """Read sentences; the feature `wanted`, such as `feats.Number`, becomes a column too, `_` if a word lacks it.

    `bad_rows` receives sentences with a line that has not ten fields, a wrong number or no word.

    Raises:
        DataError: There is no sentence, or a line breaks a rule.
    """
    found = RawRows()
    document = None
    with read_lines(path) as lines:
        for block in blocks(lines):
            document = begun_document(block, document)
            rows = _rows([(number, line) for number, line in block if not line.startswith("#")], bad_rows)
            if not rows:
                continue
            columns = {name: [fields[place] for _, fields in rows] for place, name in enumerate(COLUMNS) if place}
            column, _, feature = (wanted or "").partition(".")
            if wanted is not None and feature and column in columns:
                columns[wanted] = [_feature(cell, feature) for cell in columns[column]]
            facts = facts_of([(number, line) for number, line in block if line.startswith("#")])
            facts.pop(GLOBAL_COLUMNS, None)  # names of columns, of no sentence
            found.add_words(columns, facts, rows[0][0], document)
    if not found.places and not len(bad_rows):
        raise DataError("holds no sentence; ten columns between tabs are needed.", path=name_of(path))
    return found


def _rows(lines: list[tuple[int, str]], bad_rows: BadRows) -> list[tuple[int, list[str]]]:
    """The words of a sentence; none for a bad one."""
    rows: list[tuple[int, list[str]]] = []
    for number, line in lines:
        fields = line.split("\t")
        if len(fields) != len(COLUMNS):
            bad_rows.found(number, f"ten fields between tabs are needed; got {len(fields)}")
            return []
        if _OTHER.fullmatch(fields[0]):
            continue
        if not _NUMBER.fullmatch(fields[0]) or int(fields[0]) != len(rows) + 1:
            bad_rows.found(number, f"the word's number must be {len(rows) + 1}; got {fields[0]!r}")
            return []
        if not check_word(fields[1], number, bad_rows):
            return []
        rows.append((number, fields))
    return rows


def _feature(cell: str, name: str) -> str:
    pairs = (pair.partition("=") for pair in cell.split("|"))
    return next((value for key, _, value in pairs if key == name), NONE)
