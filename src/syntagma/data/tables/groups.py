"""Groups of rows that must stay in one split, such as the sentences of a document."""

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


def group_corpus(corpus: Corpus, name: str | None) -> Corpus:
    """Group the rows of a corpus by a column, so that rows with the same value stay in one split.

    A note is printed if another split has groups in common with train.

    Args:
        corpus: Corpus to group. A split other than train may lack the column. Such a split keeps its current groups.
        name: Name of the column. If it is `None`, the corpus is returned unchanged.

    Raises:
        DataError: If train, or the first split of a corpus without train, has no such column.
    """
    if name is None:
        return corpus
    first = "train" if "train" in corpus else next(iter(corpus))
    splits = {
        split: group_rows(table, name) if split == first or name in table.columns else table
        for split, table in corpus.splits.items()
    }
    corpus = Corpus(corpus.name, splits)
    _note_shared_groups(corpus, name)
    return corpus


def note_group_column(corpus: Corpus) -> None:
    """Print a note if the rows could be grouped by a column of document ids, but are not.

    The note is printed only if train is the only split. Splitting train could then separate the rows of a document.
    """
    if set(corpus.splits) != {"train"} or corpus.train.groups is not None:
        return
    for name, cells in corpus.train.columns.items():
        count = len({group for cell in cells if (group := _group_name(cell)) is not None})
        if name.lower() in _DOCUMENT_COLUMNS and 1 < count < len(cells):
            note(
                f"{corpus.train.source}: the column {name!r} has {count:,} documents, which are not kept together. "
                f"Use --group-column {name} to keep them together."
            )


def _note_shared_groups(corpus: Corpus, name: str) -> None:
    """Print a note with the number of groups that appear both in train and in another split."""
    known = set(sizes_of(corpus.train)) if "train" in corpus else set()
    for split, table in corpus.splits.items():
        shared = known & set(sizes_of(table)) if split != "train" else set()
        if shared:
            shown = join_names(sorted(map(str, shared)), _SHOWN)
            note(f"{corpus.name}: {len(shared):,} groups of {name!r} are both in train and in {split}: {shown}")


def group_rows(table: Table, name: str) -> Table:
    """Return the table with its rows grouped by a column. Rows without a value in that column belong to no group.

    Raises:
        DataError: If the table has no such column.
    """
    if name not in table.columns:
        raise DataError(f"has no column {name!r} to group by; {nearest(name, table.columns)}", path=table.source)
    groups: list[Hashable] = [_group_name(value) for value in table.columns[name]]
    return replace(table, groups=groups, names={**table.names, "group": name})


def document_groups(documents: Sequence[Any]) -> list[Any] | None:
    """Return the document of each row as its group, or `None` if grouping by document is pointless.

    Grouping is pointless if there is only one document, or if each document has a single row. Rows before the first
    document boundary form a document as well.

    Args:
        documents: Document id of each row. Rows before the first document boundary have `None`.
    """
    return ["" if one is None else one for one in documents] if 1 < len(set(documents)) < len(documents) else None


def are_documents(table: Table) -> bool:
    """Return whether the groups of a table are documents marked in the file, rather than the values of a column.

    Returns `False` for a table without groups.
    """
    return table.groups is not None and "group" not in table.names


def sizes_of(table: Table) -> Counter[Any]:
    """Count the rows in each group. The result is empty if the table has no groups."""
    return Counter(group for group in table.groups or () if group is not None)


def groups_name(table: Table) -> str:
    """Return a plural noun for a table's groups in messages: "documents", or "groups of" plus the column name."""
    return _DOCUMENTS if are_documents(table) else f"groups of {table.name_of('group')!r}"


def rows_together(table: Table) -> list[Group]:
    """Return the row numbers of each set of rows that must stay in one split. Sets are ordered by their first row.

    Rows must stay together if they belong to the same group or are equal. If the class of the table sets `RECURS`, as
    `TaggedTable` does, equal rows in different groups may be separated, but groups with equal contents must stay
    together.
    """
    joined = _JoinedRows(len(table))
    if table.groups is None:
        joined.join_equal(table.keys)
    elif table.RECURS:
        joined.join_equal(
            [None if group is not None else key for group, key in zip(table.groups, table.keys, strict=True)]
        )
        joined.join_equal(_merge_equal_groups(table, table.groups))
    else:
        joined.join_equal(table.keys)
        joined.join_equal(table.groups)
    return joined.groups()


def _merge_equal_groups(table: Table, groups: Sequence[Hashable]) -> list[Hashable]:
    """Return the group of each row, after merging groups that consist of equal rows in the same order."""
    members: dict[Hashable, list[Hashable]] = defaultdict(list)
    for group, key in zip(groups, table.keys, strict=True):
        members[group].append(key)
    first: dict[Hashable, Hashable] = {}
    same = {group: first.setdefault(tuple(keys), group) for group, keys in members.items() if group is not None}
    return [same.get(group) for group in groups]


def count_groups(corpus: Corpus) -> dict[str, dict[str, int]]:
    """Count the groups in each split that has groups.

    Returns:
        For each of these splits, a dictionary that maps a noun for its groups, such as "documents", to their number.
    """
    return {
        split: {groups_name(table): len(sizes_of(table))}
        for split, table in corpus.splits.items()
        if table.groups is not None
    }


def format_group_counts(counts: Mapping[str, Mapping[str, int]]) -> str:
    """Format the result of `count_groups` as one line. The line is empty if there are no groups."""
    parts = [f"{split}: {count:,} {name}" for split, named in counts.items() for name, count in named.items()]
    return f"{', '.join(parts)}, kept together when splits or folds are made" if parts else ""


def _group_name(value: Any) -> str | None:
    if isinstance(value, list):  # one value per word of a sentence
        value = value[0] if value else None
    return None if value is None or not str(value).strip() else str(value)


class _JoinedRows:
    """Disjoint sets of rows that must stay together (union-find). The leader of a set is its first row."""

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
