"""fastText's format: `__label__x __label__y the text`, one text a line."""

from collections.abc import Iterable

from syntagma.data.formats.lines import without_end
from syntagma.data.formats.rows import BadRows, Place, RawRows

PREFIX = "__label__"


def read_fasttext(lines: Iterable[str], bad_rows: BadRows) -> RawRows:
    """Sort lines into the columns `text` and `label`, which is a list in each row if any line has several labels.

    Raises:
        DataError: A line has no label.
    """
    texts: list[str] = []
    labels: list[list[str]] = []
    places: list[Place] = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        found, text = _split(without_end(line))
        if not found or not all(found):
            bad_rows.found(number, f"the line must begin with {PREFIX} and a label")
            continue
        texts.append(text)
        labels.append(found)
        places.append(number)
    several = any(len(found) > 1 for found in labels)
    return RawRows({"text": texts, "label": labels if several else [found[0] for found in labels]}, places)


def _split(line: str) -> tuple[list[str], str]:
    labels = []
    text = line.lstrip()
    while text.startswith(PREFIX):
        label, *rest = text.split(maxsplit=1)
        labels.append(label.removeprefix(PREFIX))
        text = rest[0] if rest else ""
    return labels, text
