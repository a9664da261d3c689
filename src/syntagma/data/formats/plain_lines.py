"""Plain text: each line is one text without a label, for predicting."""

from collections.abc import Iterable
from pathlib import Path

from syntagma.data.formats.lines import name_of, without_end
from syntagma.data.formats.rows import Place, RawRows
from syntagma.errors import DataError


def read_plain_lines(path: str | Path, lines: Iterable[str]) -> RawRows:
    """Makes each line a row, blank ones too, so that the output stands line by line beside the input.

    Raises:
        DataError: There are no lines.
    """
    texts = [without_end(line) for line in lines]
    if not texts:
        raise DataError("is empty; one text a line is needed.", path=name_of(path))
    places: list[Place] = list(range(1, len(texts) + 1))
    return RawRows({"text": texts}, places)
