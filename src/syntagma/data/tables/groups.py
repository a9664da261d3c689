"""Rows that belong together, such as the sentences of a document: they stay in one split."""

from collections import Counter, defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from syntagma.config import nearest
from syntagma.data.tables.table import Corpus, Table
from syntagma.errors import DataError
from syntagma.progress import note
from syntagma.wording import join_names

Group = list[int]  # rows that must stay together

_DOCUMENTS = "documents"
_SHOWN = 3
_DOCUMENT_COLUMNS = frozenset({"doc", "doc_id", "docid", "document", "document_id", "doc_key", "newdoc_id"})


def with_groups(corpus: Corpus, name: str | None) -> Corpus:
    """Return a corpus whose rows are grouped by a column of train; `None` leaves the groups as they are.

    Raises:
        DataError: Train has no such column.
    """
    if name is None:
        return corpus
    first = "train" if "train" in corpus else next(iter(corpus))
    splits = {
        split: grouped(table, name) if split == first or name in table.columns else table
        for split, table in corpus.splits.items()
    }
    corpus = Corpus(corpus.name, splits)
    _note_shared(corpus, name)
    return corpus


def note_group_column(corpus: Corpus) -> None:
    """Say so if a column that nobody named numbers documents, and the splits are still to be cut off."""
    if set(corpus.splits) != {"train"} or corpus.train.groups is not None:
        return
    for name, cells in corpus.train.columns.items():
        count = len({group for cell in cells if (group := _group(cell)) is not None})
        if name.lower() in _DOCUMENT_COLUMNS and 1 < count < len(cells):
            note(
                f"{corpus.train.source}: the column {name!r} has {count:,} documents, which are not kept together; "
                f"--group-column {name} does that."
            )


def _note_shared(corpus: Corpus, name: str) -> None:
    """Say how many groups are in train and in another split too."""
    known = set(sizes_of(corpus.train)) if "train" in corpus else set()
    for split, table in corpus.splits.items():
        shared = known & set(sizes_of(table)) if split != "train" else set()
        if shared:
            shown = join_names(sorted(map(str, shared)), _SHOWN)
            note(f"{corpus.name}: {len(shared):,} groups of {name!r} are both in train and in {split}: {shown}")


def grouped(table: Table, name: str) -> Table:
    """Return a table whose rows are grouped by a column; rows without a value there belong to no group.

    Raises:
        DataError: There is no such column.
    """
    if name not in table.columns:
        raise DataError(f"there is no column {name!r} to group by; {nearest(name, table.columns)}", path=table.source)
    groups: list[Hashable] = [_group(value) for value in table.columns[name]]
    return replace(table, groups=groups, names={**table.names, "group": name})


def known_groups(documents: Sequence[Any]) -> list[Any] | None:
    """Return the documents of rows as groups; `None` if there is only one, or each has one row.

    Rows before the first line that begins a document, whose document is `None`, are of one document too.
    """
    return ["" if one is None else one for one in documents] if 1 < len(set(documents)) < len(documents) else None


def are_documents(table: Table) -> bool:
    """Return whether the groups are documents that a file has by itself, rather than those of a column."""
    return table.groups is not None and "group" not in table.names


def sizes_of(table: Table) -> Counter[Any]:
    """Return the number of rows of each group."""
    return Counter(group for group in table.groups or () if group is not None)


def groups_name(table: Table) -> str:
    """Return what the groups of a table are called, in the plural."""
    return _DOCUMENTS if are_documents(table) else f"groups of {table.name_of('group')!r}"


def rows_together(table: Table) -> list[Group]:
    """Return the rows that must stay together: those of one group, and equal ones; ordered by their first row.

    Sentences that are equal in different documents do not join these, but equal documents are one.
    """
    joined = _JoinedRows(len(table))
    if table.groups is None:
        joined.join_equal(table.keys)
    elif table.RECURS:
        joined.join_equal(
            [None if group is not None else key for group, key in zip(table.groups, table.keys, strict=True)]
        )
        joined.join_equal(_equal_as_one(table, table.groups))
    else:
        joined.join_equal(table.keys)
        joined.join_equal(table.groups)
    return joined.groups()


def _equal_as_one(table: Table, groups: Sequence[Hashable]) -> list[Hashable]:
    """Return the group of each row, of groups with equal rows the first."""
    members: dict[Hashable, list[Hashable]] = defaultdict(list)
    for group, key in zip(groups, table.keys, strict=True):
        members[group].append(key)
    first: dict[Hashable, Hashable] = {}
    same = {group: first.setdefault(tuple(keys), group) for group, keys in members.items() if group is not None}
    return [same.get(group) for group in groups]


def count_groups(corpus: Corpus) -> dict[str, dict[str, int]]:
    """Return the number of groups in each split that has some, by what they are called."""
    return {
        split: {groups_name(table): len(sizes_of(table))}
        for split, table in corpus.splits.items()
        if table.groups is not None
    }


def said_of_groups(counts: Mapping[str, Mapping[str, int]]) -> str:
    """Return one line with what `count_groups` gave, "" if there are no groups."""
    said = [f"{split}: {count:,} {name}" for split, named in counts.items() for name, count in named.items()]
    return f"{', '.join(said)}, kept together when a split or a fold is cut off" if said else ""


def _group(value: Any) -> str | None:
    if isinstance(value, list):  # a value per word of a sentence
        value = value[0] if value else None
    return None if value is None or not str(value).strip() else str(value)


class _JoinedRows:
    """Disjoint sets of rows; the leader of a set is its first row."""

    def __init__(self, rows: int):
        self._leaders = list(range(rows))

    def join_equal(self, values: Sequence[Hashable]) -> None:
        first: dict[Hashable, int] = {}
        for row, value in enumerate(values):
            if value is not None:
                one, other = self._leader(first.setdefault(value, row)), self._leader(row)
                self._leaders[max(one, other)] = min(one, other)

    def groups(self) -> list[Group]:
        groups: dict[int, Group] = defaultdict(list)
        for row in range(len(self._leaders)):
            groups[self._leader(row)].append(row)
        return list(groups.values())

    def _leader(self, row: int) -> int:
        while self._leaders[row] != row:
            self._leaders[row] = self._leaders[self._leaders[row]]
            row = self._leaders[row]
        return row
