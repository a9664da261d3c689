r"""The column format of the CoNLL shared tasks: one word per line, with an empty line after each sentence.

Fields are separated by tabs or by runs of spaces. A separator at the end of every line is ignored. A line that
starts with `#` before the first word of a sentence is a comment, unless the line looks like a word because it has as
many fields as the other lines and, usually, a tag that occurs in another line. `# key = value` is metadata about the
sentence, and `# text = ...` is its original text. The lines `-DOCSTART-`, `# newdoc` and `#begin document` start a
document. The columns are named 1, 2, ... unless `# global.columns = FORM TAG` names them.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from syntagma.data.formats.lines import name_of, read_lines, strip_line_end
from syntagma.data.formats.rows import BadRows, RawRows
from syntagma.data.formats.words import check_word
from syntagma.errors import DataError

_DOCUMENT = "-DOCSTART-"
# Comments that start a document in CoNLL-U, or a part of a document in CoNLL-2012.
_BEGINNING = re.compile(r"#\s*new_?doc(?:[ _]id)?\s*(?:=\s*(.*))?|#\s*begin document\s+\((.*)\).*|#\s*-DOCSTART-.*")
_FACT = re.compile(r"#\s*([\w.:\-]+)\s*=\s?(.*)")
GLOBAL_COLUMNS = "global.columns"
# Spaces that separate fields. A no-break space is part of a word, such as a number with thousands separators.
_SPACES = re.compile("[ \t]+")

NumberedLine = tuple[int, str]


def read_conll(path: str | Path, bad_rows: BadRows, separator: str | None) -> RawRows:
    """Read the sentences of a CoNLL file.

    Args:
        path: File to read; `-` is the standard input.
        bad_rows: Collector of sentences that contain an invalid word, or a line with too few or too many fields.
        separator: Text between fields; `None` means tabs if the first word line contains a tab, and spaces otherwise.

    Raises:
        DataError: If there are no sentences, the file is WebAnno TSV, or a line violates the format and bad rows are
            not skipped.
    """
    with read_lines(path) as lines:
        columns = _Columns(list(split_blocks(_reject_webanno(lines, path))), separator)
    rows = columns.rows(bad_rows)
    if not rows.places and not len(bad_rows):
        raise DataError("contains no sentences; each line must be a word followed by its tag.", path=name_of(path))
    return rows


def _reject_webanno(lines: Iterator[str], path: str | Path) -> Iterator[str]:
    for line in lines:
        if line.startswith("#FORMAT=WebAnno"):
            raise DataError(
                "is WebAnno TSV, which is not supported; export the documents as CoNLL 2002 instead.",
                path=name_of(path),
            )
        yield line


class _Columns:
    """Converter from the lines of a CoNLL file to sentences.

    The number of columns is detected from the lines, and so is the separator if it is not given.

    Args:
        blocks: Numbered lines of each sentence, including its comments.
        separator: Text between fields; `None` to detect whether fields are separated by tabs or spaces.
    """

    def __init__(self, blocks: list[list[NumberedLine]], separator: str | None):
        plain = [line for block in blocks for _, line in block if not line.startswith("#") and not _is_document(line)]
        self.blocks = list(_add_documents(blocks))
        self.separator = ("\t" if "\t" in _first_word_line(plain, blocks) else "") if separator is None else separator
        # A separator at the end of every line does not start another column.
        self.ends = bool(self.separator) and bool(plain) and all(line.endswith(self.separator) for line in plain)
        widths = Counter(len(self.fields(line)) for line in plain or [_first_word_line(plain, blocks)])
        self.width = widths.most_common(1)[0][0]
        self.seen = [set(values) for values in zip(*(self.fields(line) for line in plain), strict=False)]

    def fields(self, line: str) -> list[str]:
        """Split a line into its fields."""
        if not self.separator:
            return [field for field in _SPACES.split(line) if field]
        return line.removesuffix(self.separator if self.ends else "").split(self.separator)

    def rows(self, bad_rows: BadRows) -> RawRows:
        """Return the valid sentences as raw rows, and report the invalid sentences to `bad_rows`."""
        sentences = RawRows()
        names: list[str] = []
        for document, block in self.blocks:
            count = next((place for place, (_, line) in enumerate(block) if self._is_word(line)), len(block))
            facts, words = parse_comments(block[:count]), block[count:]
            if GLOBAL_COLUMNS in facts and not names:
                names = facts.pop(GLOBAL_COLUMNS).split()
                self.width = len(names)
            if not words:
                continue
            names = names or [str(number) for number in range(1, self.width + 1)]
            columns = self._columns(words, names, bad_rows)
            if columns is not None:
                sentences.add_words(columns, facts, words[0][0], document)
        return sentences

    def _is_word(self, line: str) -> bool:
        """Return whether a line contains a word rather than a comment. The word itself may be `#` or `#yes`."""
        if not line.startswith("#"):
            return True
        fields = self.fields(line)
        if len(fields) != self.width or (_FACT.fullmatch(line) and (not self.separator or line.startswith("# "))):
            return False
        if not any(self.seen[1:]) or (self.separator and not line.startswith("# ")):
            return bool(self.separator) or not line.startswith("# ") or self.width > 2
        return any(field in seen for field, seen in zip(fields[1:], self.seen[1:], strict=False))

    def _columns(self, words: list[NumberedLine], names: list[str], bad_rows: BadRows) -> dict[str, list[str]] | None:
        """Return a dictionary of a sentence's fields keyed by column name, or `None` if a line is invalid."""
        rows = []
        for number, line in words:
            fields = self.fields(line)
            if len(fields) != len(names):
                separator = self._separator_name()
                rule = f"the line must have {len(names)} fields separated by {separator}, like most lines"
                bad_rows.add(number, f"{rule}; got {len(fields)}")
                return None
            if not check_word(fields[0], number, bad_rows):
                return None
            rows.append(fields)
        return {name: list(values) for name, values in zip(names, zip(*rows, strict=True), strict=True)}

    def _separator_name(self) -> str:
        return "tabs" if self.separator == "\t" else f"{self.separator!r}" if self.separator else "spaces"


def _add_documents(blocks: Iterable[list[NumberedLine]]) -> Iterator[tuple[str | None, list[NumberedLine]]]:
    """Yield each block of lines with the id of its document, after splitting blocks at `-DOCSTART-` lines."""
    count, document = 0, None
    for block in blocks:
        part: list[NumberedLine] = []
        for number, line in block:
            if _is_document(line):
                yield document, part
                count, part = count + 1, []
                document = str(count)
            else:
                part.append((number, line))
        document = find_document(part, document)
        yield document, part


def find_document(comments: Iterable[NumberedLine], document: str | None) -> str | None:
    """Return the id of the document that the comments start, or `document` (the current id) if none starts a document.

    If the comment that starts a document contains no id, the id is `line N`, where N is the comment's line number.
    """
    for number, line in comments:
        if not line.startswith("#"):
            break
        if match := _BEGINNING.fullmatch(line.rstrip()):
            document = match[1] or match[2] or f"line {number}"
    return document


def _first_word_line(plain: list[str], blocks: list[list[NumberedLine]]) -> str:
    """Return the first line of `plain`. If `plain` is empty, return the first line in `blocks` not starting with `# `.

    Returns "" if there is no such line.

    Args:
        plain: Lines that do not start with `#`, without the lines that start a document.
        blocks: Numbered lines of each sentence, including its comments.
    """
    lines = [line for block in blocks for _, line in block]
    return next(iter(plain), next((line for line in lines if not line.startswith("# ")), ""))


def _is_document(line: str) -> bool:
    return line[: len(_DOCUMENT)].upper() == _DOCUMENT


def split_blocks(lines: Iterator[str]) -> Iterator[list[NumberedLine]]:
    """Yield each group of consecutive non-blank lines with their line numbers, counted from 1."""
    numbered = enumerate(map(strip_line_end, lines), start=1)
    for is_text, block in groupby(numbered, key=lambda one: bool(one[1].strip(" \t"))):
        if is_text:
            yield list(block)


def parse_comments(comments: list[NumberedLine]) -> dict[str, Any]:
    """Return a dictionary of the keys and values in `# key = value` comments. Other comments are ignored."""
    matches = (_FACT.fullmatch(line.rstrip()) for _, line in comments)
    return {match[1]: match[2] for match in matches if match}
