r"""Words in columns, as the shared tasks of CoNLL have them: a word a line, an empty line after each sentence.

Fields stand between tabs, or between runs of spaces. A line that begins with `#` before the first word of a sentence is
a comment; `# key = value` says something of the sentence, and `# text = ...` how it was written. `-DOCSTART-` lines
mark documents and are passed over. The columns are called 1, 2, ... unless `# global.columns = FORM TAG` names them.
"""

import re
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from syntagma.data.formats.lines import name_of, read_lines, without_end
from syntagma.data.formats.rows import BadRows, RawRows
from syntagma.data.formats.words import check_word
from syntagma.errors import DataError

_DOCUMENT = "-DOCSTART-"
_FACT = re.compile(r"#\s*([\w.:\-]+)\s*=\s?(.*)")
GLOBAL_COLUMNS = "global.columns"

NumberedLine = tuple[int, str]


def read_conll(path: str | Path, bad_rows: BadRows, separator: str | None) -> RawRows:
    """Read sentences. Without a separator, a tab is between fields if the first line of a word has one, else spaces.

    `bad_rows` receives sentences with a line of too few or too many fields, or with a word that cannot be seen.

    Raises:
        DataError: There is no sentence, or a line breaks a rule.
    """
    found = RawRows()
    names: list[str] = []
    with read_lines(path) as lines:
        for block in blocks(lines):
            comments, words = _parted(block, separator, len(names))
            facts = facts_of(comments)
            if GLOBAL_COLUMNS in facts and not names:
                names = facts.pop(GLOBAL_COLUMNS).split()
            if not words or words[0][1].startswith(_DOCUMENT):
                words = words[1:]
            if not words:
                continue
            if separator is None:
                separator = "\t" if "\t" in words[0][1] else ""
            names = names or [str(number) for number in range(1, len(_fields(words[0][1], separator)) + 1)]
            columns = _columns(words, names, separator, bad_rows)
            if columns is not None:
                found.add_words(columns, facts, words[0][0])
    if not found.places and not len(bad_rows):
        raise DataError("holds no sentence; a word a line is needed, with its tag behind it.", path=name_of(path))
    return found


def blocks(lines: Iterator[str]) -> Iterator[list[NumberedLine]]:
    """Yield the lines between empty lines, with their numbers."""
    numbered = enumerate(map(without_end, lines), start=1)
    for is_text, block in groupby(numbered, key=lambda one: bool(one[1].strip(" \t"))):
        if is_text:
            yield list(block)


def facts_of(comments: list[NumberedLine]) -> dict[str, Any]:
    """What `# key = value` lines say."""
    found = (_FACT.fullmatch(line.rstrip()) for _, line in comments)
    return {match[1]: match[2] for match in found if match}


def _parted(
    block: list[NumberedLine], separator: str | None, width: int
) -> tuple[list[NumberedLine], list[NumberedLine]]:
    """Comments and words. A sentence may begin with the word `#`, or with one such as `#yes`."""
    plain = next((line for sign in ("#", "# ") for _, line in block if not line.startswith(sign)), "")
    if separator is None:
        separator = "\t" if "\t" in plain else ""
    width = width or len(_fields(plain, separator))
    count = next((place for place, (_, line) in enumerate(block) if _is_word(line, separator, width)), len(block))
    return block[:count], block[count:]


def _is_word(line: str, separator: str, width: int) -> bool:
    if not line.startswith("#"):
        return True
    if len(_fields(line, separator)) != width or (_FACT.fullmatch(line) and (not separator or line.startswith("# "))):
        return False
    # Between spaces, "# two" may be a comment of two words; three fields or more are taken for those of a word.
    return bool(separator) or not line.startswith("# ") or width > 2


def _fields(line: str, separator: str) -> list[str]:
    return line.split(separator) if separator else line.split()


def _columns(
    words: list[NumberedLine], names: list[str], separator: str, bad_rows: BadRows
) -> dict[str, list[str]] | None:
    """The fields of a sentence by column; `None` for a bad one."""
    rows = []
    for number, line in words:
        fields = _fields(line, separator)
        if len(fields) != len(names):
            between = "tabs" if separator == "\t" else f"{separator!r}" if separator else "spaces"
            bad_rows.found(
                number, f"{len(names)} fields between {between} are needed, as in the lines before; got {len(fields)}"
            )
            return None
        if not check_word(fields[0], number, bad_rows):
            return None
        rows.append(fields)
    return {name: list(values) for name, values in zip(names, zip(*rows, strict=True), strict=True)}
