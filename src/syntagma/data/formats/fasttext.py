"""The fastText format: `__label__x __label__y the text`, one text per line."""

from collections.abc import Iterable

from syntagma.data.formats.lines import strip_line_end
from syntagma.data.formats.rows import BadRows, Place, RawRows

PREFIX = "__label__"


def read_fasttext(lines: Iterable[str], bad_rows: BadRows) -> RawRows:
    """Read lines into the columns `text` and `label`. If any line has several labels, all cells of `label` are lists.

    Raises:
        DataError: If a line has no label and bad rows are not skipped.
    """
    texts: list[str] = []
    labels: list[list[str]] = []
    places: list[Place] = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        own, text = _split_labels(strip_line_end(line))
        if not own or not all(own):
            bad_rows.add(number, f"the line must begin with {PREFIX} and a label")
            continue
        texts.append(text)
        labels.append(own)
        places.append(number)
    several = any(len(own) > 1 for own in labels)
    return RawRows({"text": texts, "label": labels if several else [own[0] for own in labels]}, places)


def _split_labels(line: str) -> tuple[list[str], str]:
    labels = []
    text = line.lstrip()
    while text.startswith(PREFIX):
        label, *rest = text.split(maxsplit=1)
        labels.append(label.removeprefix(PREFIX))
        text = rest[0] if rest else ""
    return labels, text
