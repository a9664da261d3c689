"""Reading of forbidden words and phrases from files: one per line."""

from pathlib import Path

from syntagma.data.formats.lines import read_lines, strip_line_end
from syntagma.errors import ConfigError, DataError
from syntagma.text.forbidden_terms import ForbiddenTerms

_MOST_LINES = 20_000


def read_terms(path: str | Path) -> list[str]:
    """Read words and phrases, one per line.

    White space around them is ignored. Blank lines, and lines that start with `#`, are skipped.

    Args:
        path: File to read, compressed if its name ends in `.gz`.

    Raises:
        DataError: If the file is missing or not UTF-8, a term is invalid, or there are no terms or too many lines.
    """
    terms = []
    with read_lines(path) as lines:
        for number, line in enumerate(lines, 1):
            if number > _MOST_LINES:
                raise DataError(f"a file of forbidden terms has at most {_MOST_LINES:,} lines.", path=path)
            term = strip_line_end(line).strip()
            if term and not term.startswith("#"):
                try:
                    ForbiddenTerms([term])
                except ConfigError as error:
                    raise DataError(str(error), path=path, line=number) from error
                terms.append(term)
    if not terms:
        raise DataError("contains no words to forbid; give one word or phrase per line.", path=path)
    return terms
