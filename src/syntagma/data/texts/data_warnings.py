"""Warnings about training data: empty texts, and labels that look like mistakes."""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator

from syntagma.data.texts.table import TextTable
from syntagma.wording import join_names

_SHOWN_LABELS = 5
_QUOTED = re.compile("\".*\"|'.*'", re.DOTALL)
_BITS = re.compile("[01]{2,}")
_NO_VALUES = frozenset({"nan", "null", "n/a", "#n/a", "<na>", "nat"})


def find_warnings(table: TextTable) -> list[str]:
    """Return warnings about the texts and labels of a training table.

    There is one check for empty texts. The other checks find labels that differ only in case, white space or Unicode
    form, that combine several labels, that are in quotes, that consist of the digits 0 and 1, that usually denote a
    missing value, or that occur in only one row.

    Returns:
        At most one line per check. Each line begins with the source of the table.

    Example:
        >>> find_warnings(TextTable(["good", " "], labels=["+", "+"], source="a.csv"))
        ['a.csv: 1 of 2 texts is empty']
    """
    counts = _label_counts(table)
    checks = (_similar_labels, _several_labels, _quoted, _bits, _missing, _single_rows)
    warnings = (_empty_texts(table), *(check(counts) for check in checks))
    return [f"{table.source}: {warning}" for warning in warnings if warning]


def _label_counts(table: TextTable) -> Counter[object]:
    return Counter(part for label in table.labels or () for part in (label if isinstance(label, tuple) else (label,)))


def _empty_texts(table: TextTable) -> str:
    count = sum(not text.strip() for text in table.texts)
    return f"{count:,} of {len(table):,} texts {'is' if count == 1 else 'are'} empty" if count else ""


def _similar_labels(counts: Counter[object]) -> str:
    groups = list(_group_similar_labels(counts))
    names = [" / ".join(f"{label!r} ({counts[label]:,})" for label in labels) for labels in groups]
    shown = join_names(names, _SHOWN_LABELS)
    return (
        f"labels that differ only in case, white space or Unicode form are different labels: {shown}" if names else ""
    )


def _group_similar_labels(counts: Counter[object]) -> Iterator[list[str]]:
    """Yield each group of labels that differ only in case, white space, Unicode form or zero-width characters."""
    groups: dict[str, list[str]] = defaultdict(list)
    for label in counts:
        if isinstance(label, str):
            groups[_normalise_label(label)].append(label)
    return (sorted(labels) for labels in groups.values() if len(labels) > 1)


def _normalise_label(label: str) -> str:
    visible = "".join(sign for sign in label if unicodedata.category(sign) != "Cf")
    return " ".join(unicodedata.normalize("NFKC", visible).casefold().split())


def _several_labels(counts: Counter[object]) -> str:
    """Return a warning about labels that seem to combine several labels, such as `a;b` when `a` and `b` occur too.

    The warning is empty if there are no such labels.
    """
    names = {label for label in counts if isinstance(label, str)}
    for sign in ";|,/+&":
        joined = [name for name in names if sign in name]
        parts = [{part.strip() for part in name.split(sign)} for name in joined]
        # A `;` or `|` rarely belongs to a label, so it counts as a separator even if its parts are not labels
        # themselves. It is enough that two labels have a part in common.
        shared = Counter(part for name_parts in parts for part in name_parts) if sign in ";|" else Counter()
        several = [
            name
            for name, name_parts in zip(joined, parts, strict=True)
            if len(name_parts) > 1 and (name_parts <= names or max(shared[part] for part in name_parts) > 1)
        ]
        if several:
            return (
                f"labels such as {min(several)!r} look like several labels; split them with --label-separator {sign!r}"
            )
    return ""


def _quoted(counts: Counter[object]) -> str:
    if not counts or not all(isinstance(label, str) and _QUOTED.fullmatch(label) for label in counts):
        return ""
    return f"all labels are in quotes, such as {next(iter(counts))!r}; use --quoted to remove quotes in TSV files"


def _bits(counts: Counter[object]) -> str:
    names = [label for label in counts if isinstance(label, str) and _BITS.fullmatch(label)]
    if len(names) < max(len(counts), 3) or len({len(name) for name in names}) > 1:
        return ""
    return f"labels such as {names[0]!r} look like label indicators; write them as lists, [1, 0, 1]"


def _missing(counts: Counter[object]) -> str:
    names = [label for label in counts if isinstance(label, str) and label.strip().casefold() in _NO_VALUES]
    shown = ", ".join(f"{name!r} ({counts[name]:,})" for name in names)
    return (
        f"labels that usually denote a missing value: {shown}; drop these rows if they have no label" if names else ""
    )


def _single_rows(counts: Counter[object]) -> str:
    names = [repr(label) for label, count in counts.items() if count == 1]
    if not names:
        return ""
    what = "label has a single row" if len(names) == 1 else "labels have a single row each"
    return f"{len(names):,} {what} to learn from: {join_names(names, _SHOWN_LABELS)}"
