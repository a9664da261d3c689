"""What in labelled rows is worth a second look before something is learned from them."""

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


def warnings_of(table: TextTable) -> list[str]:
    """Return lines on empty texts, labels that differ only in case or space, and labels of a single row to learn from.

    There are a few at most, and each begins with the table's source.

    Example:
        >>> warnings_of(TextTable(["good", " "], labels=["+", "+"], source="a.csv"))
        ['a.csv: 1 of 2 texts is empty']
    """
    counts = _label_counts(table)
    checks = (_twins, _several_labels, _quoted, _bits, _missing, _single_rows)
    found = (_empty_texts(table), *(check(counts) for check in checks))
    return [f"{table.source}: {warning}" for warning in found if warning]


def _label_counts(table: TextTable) -> Counter[object]:
    return Counter(part for label in table.labels or () for part in (label if isinstance(label, tuple) else (label,)))


def _empty_texts(table: TextTable) -> str:
    count = sum(not text.strip() for text in table.texts)
    return f"{count:,} of {len(table):,} texts {'is' if count == 1 else 'are'} empty" if count else ""


def _twins(counts: Counter[object]) -> str:
    groups = list(_alike(counts))
    names = [" / ".join(f"{label!r} ({counts[label]:,})" for label in labels) for labels in groups]
    shown = join_names(names, _SHOWN_LABELS)
    return (
        f"labels that differ only in case, space or how they are encoded are different labels: {shown}" if names else ""
    )


def _alike(counts: Counter[object]) -> Iterator[list[str]]:
    """Groups of labels that are equal but for case, space, Unicode form and characters without width."""
    groups: dict[str, list[str]] = defaultdict(list)
    for label in counts:
        if isinstance(label, str):
            groups[_plain(label)].append(label)
    return (sorted(labels) for labels in groups.values() if len(labels) > 1)


def _plain(label: str) -> str:
    visible = "".join(sign for sign in label if unicodedata.category(sign) != "Cf")
    return " ".join(unicodedata.normalize("NFKC", visible).casefold().split())


def _several_labels(counts: Counter[object]) -> str:
    """Labels that may be several in one, such as `a;b` where `a` and `b` are labels too."""
    names = {label for label in counts if isinstance(label, str)}
    for sign in ";|,/+&":
        joined = [name for name in names if sign in name]
        parts = [{part.strip() for part in name.split(sign)} for name in joined]
        # With a sign that names seldom have, a part that two labels share is enough.
        often = Counter(part for of_name in parts for part in of_name) if sign in ";|" else Counter()
        several = [
            name
            for name, of_name in zip(joined, parts, strict=True)
            if len(of_name) > 1 and (of_name <= names or max(often[part] for part in of_name) > 1)
        ]
        if several:
            return f"labels such as {min(several)!r} look like several labels; --label-separator {sign!r} reads them so"
    return ""


def _quoted(counts: Counter[object]) -> str:
    if not counts or not all(isinstance(label, str) and _QUOTED.fullmatch(label) for label in counts):
        return ""
    return f"all labels are in quotes, such as {next(iter(counts))!r}; --quoted reads fields of TSV files without them"


def _bits(counts: Counter[object]) -> str:
    names = [label for label in counts if isinstance(label, str) and _BITS.fullmatch(label)]
    if len(names) < max(len(counts), 3) or len({len(name) for name in names}) > 1:
        return ""
    return f"labels such as {names[0]!r} look like 0 or 1 for each of several labels; write them as lists, [1, 0, 1]"


def _missing(counts: Counter[object]) -> str:
    names = [label for label in counts if isinstance(label, str) and label.strip().casefold() in _NO_VALUES]
    shown = ", ".join(f"{name!r} ({counts[name]:,})" for name in names)
    return (
        f"labels that other programs write for a missing value: {shown}; drop such rows if they have none"
        if names
        else ""
    )


def _single_rows(counts: Counter[object]) -> str:
    names = [repr(label) for label, count in counts.items() if count == 1]
    if not names:
        return ""
    what = "label has a single row" if len(names) == 1 else "labels have a single row each"
    return f"{len(names):,} {what} to learn from: {join_names(names, _SHOWN_LABELS)}"
