"""Reading of glossaries from files: a term and its translation per line."""

import csv
from pathlib import Path

from syntagma.data.formats.lines import read_lines, strip_line_end
from syntagma.data.formats.names import format_of
from syntagma.errors import ConfigError, DataError
from syntagma.text.glossary import check_term

_MOST_LINES = 200_000
_LONGEST_LINE = 10_000
# First lines that are column names, in any case.
_HEADERS = {("source", "target"), ("src", "tgt"), ("term", "translation"), ("source term", "target term")}


def read_glossary(path: str | Path) -> dict[str, str]:
    """Read a glossary: each line has a term and its translation.

    The two fields are separated by a tab. In a file whose name ends in `.csv`, they are separated by a comma, and may
    be in double quotes. White space around fields is ignored. Blank lines and lines that start with `#` are skipped,
    and so is a first line of the column names `source` and `target`, `src` and `tgt`, `term` and `translation`, or
    `source term` and `target term`.

    Args:
        path: File to read, compressed if its name ends in `.gz`.

    Returns:
        Translation of each term.

    Raises:
        DataError: If the file is missing or not UTF-8, a line is too long or does not have two fields, a field is
            empty, a term has two different translations, or there are no terms or too many lines.
    """
    separator = "," if format_of(Path(path)) == "csv" else "\t"
    terms: dict[str, str] = {}
    places: dict[str, int] = {}
    is_first = True
    with read_lines(path) as lines:
        for number, line in enumerate(lines, 1):
            if number > _MOST_LINES:
                raise DataError(f"a glossary has at most {_MOST_LINES:,} lines; this file has more.", path=path)
            line = strip_line_end(line)
            if not line.strip() or line.startswith("#"):
                continue
            term, translation = _split(line, separator, path, number)
            is_header, is_first = is_first and (term.lower(), translation.lower()) in _HEADERS, False
            if is_header:
                continue
            if terms.setdefault(term, translation) != translation:
                raise DataError(
                    f"{term!r} has the translation {translation!r} here and {terms[term]!r} in line {places[term]}; "
                    "remove one of them.",
                    path=path,
                    line=number,
                )
            places.setdefault(term, number)
    if not terms:
        raise DataError("contains no terms; a glossary has a term, a tab and a translation per line.", path=path)
    return terms


def _split(line: str, separator: str, path: str | Path, number: int) -> tuple[str, str]:
    """Return the two fields of a line."""
    if len(line) > _LONGEST_LINE:
        raise DataError(f"a line of a glossary has at most {_LONGEST_LINE:,} characters.", path=path, line=number)
    try:
        fields = next(csv.reader([line], strict=True)) if separator == "," else line.split("\t")
    except csv.Error as error:
        raise DataError(f"is not valid CSV: {error}.", path=path, line=number) from error
    if len(fields) != 2:
        name = "comma" if separator == "," else "tab"
        raise DataError(
            f"a line of a glossary has a term and its translation, separated by a {name}; this one has {len(fields)} "
            f"{'field' if len(fields) == 1 else 'fields'}.",
            path=path,
            line=number,
        )
    term, translation = (field.strip() for field in fields)
    try:
        check_term(term, translation)
    except ConfigError as error:
        raise DataError(str(error), path=path, line=number) from error
    return term, translation
