"""Stratified, seeded splits of a corpus into train, dev (validation) and test, and folds for cross-validation."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import chain
from typing import Any

import numpy as np

from syntagma.config import nearest
from syntagma.data.tables.groups import Group, are_documents, group_rows, groups_name, rows_together, sizes_of
from syntagma.data.tables.table import Corpus, Table
from syntagma.errors import DataError
from syntagma.progress import note
from syntagma.shapes import LongArray

_NAMES = {
    "train": ("train", "training", "trn"),
    "dev": ("dev", "development", "devel", "val", "valid", "validation", "validate"),
    "test": ("test", "testing", "tst"),
}
SPLIT_NAMES = {name: split for split, names in _NAMES.items() for name in names}
_SHARE = 0.1
_FEW_ROWS = 10

# Minimum number of rows for a combination of labels to be a separate stratum. With fewer rows, the usual share of a
# tenth would be less than one row.
_FREQUENT = 10

# Largest and smallest acceptable size of a split whose groups are kept together, relative to the requested size.
_MOST_OF_SHARE, _LEAST_OF_SHARE = 2.0, 0.25

Rows = dict[str, LongArray]


def split_corpus(
    corpus: Corpus, seed: int = 0, *, dev: bool = True, test: bool = True, groups: str | None = None
) -> Corpus:
    """Make the missing dev (validation) and test splits of a corpus by moving rows out of `train`.

    If the corpus has neither a dev nor a test split, a tenth of the rows of `train` moves to dev and another tenth
    moves to test. If the corpus has a test split but no dev split, a tenth of `train` moves to dev. A corpus with a dev
    split is returned unchanged, even if it has no test split.

    Splits are stratified by label. Rows that must stay together, such as duplicates, go to the same split (see
    `rows_together`).

    Args:
        corpus: Corpus with a `train` split.
        seed: Random seed. The same seed and rows always give the same splits.
        dev: Whether to make a missing dev split.
        test: Whether to make a test split for a corpus that has neither a dev nor a test split.
        groups: Name of a column in `train`, such as "author". Rows with the same value in this column stay in one
            split. By default, rows in the same group (`Table.groups`), such as a document, stay in one split.

    Returns:
        The corpus with its splits in the order train, dev, test, unsup. Each new split keeps the row order of `train`.

    Raises:
        DataError: If a new split is needed, but there is no `train` split, no column `groups`, or too few rows.
    """
    rows = missing_splits(corpus, seed, dev=dev, test=test, groups=groups)
    return add_splits(corpus, rows) if rows else corpus


def missing_splits(
    corpus: Corpus, seed: int = 0, *, dev: bool = True, test: bool = True, groups: str | None = None
) -> dict[str, LongArray]:
    """Return the row numbers in `train` that `split_corpus` would assign to each split.

    The arguments and errors are the same as for `split_corpus`.

    Returns:
        Row numbers, keyed by split, in the order train, dev, test. The dictionary is empty if no new split is needed.
    """
    alone = not {"dev", "test"} & set(corpus.splits)
    shares = {}
    if test and alone:
        shares["test"] = _SHARE
    if dev and "dev" not in corpus:
        shares["dev"] = _SHARE
    if not shares:
        return {}
    try:
        rows = split_rows(corpus.train, seed, shares, groups=groups)
    except DataError as error:
        raise DataError(f"corpus {corpus.name!r}: {error}") from error
    for split in shares:
        if len(rows[split]) < _FEW_ROWS:
            note(f"corpus {corpus.name!r}: only {len(rows[split])} rows in {split}; a score on so few is unreliable")
    return {split: rows[split] for split in ("train", "dev", "test") if split in rows}


def split_by_column(corpus: Corpus, name: str | None) -> Corpus:
    """Split the rows of a corpus according to a column that contains the name of each row's split.

    Args:
        corpus: Corpus whose only split is `train`.
        name: Name of the column. Its values are train, dev (also valid, val, validation and so on) or test, in upper or
            lower case. If `name` is `None`, the corpus is returned unchanged.

    Raises:
        DataError: If the corpus has splits other than `train`, the column is missing, or a value is not a split name.
    """
    if name is None:
        return corpus
    if set(corpus.splits) != {"train"}:
        raise DataError(f"{corpus.name}: already has splits ({', '.join(corpus.splits)}); leave out --split-column.")
    table = corpus.train
    if name not in table.columns:
        raise DataError(f"has no column {name!r}; {nearest(name, table.columns)}", path=table.source)
    rows: dict[str, list[int]] = {}
    for row, value in enumerate(table.columns[name]):
        cell = value[0] if isinstance(value, list) and value else value  # one value per word of a sentence
        split = SPLIT_NAMES.get(str(cell).strip().lower())
        if split is None:
            raise DataError(f"{table.place_of(row)}: {name!r} must be one of {', '.join(SPLIT_NAMES)}; got {cell!r}.")
        rows.setdefault(split, []).append(row)
    order = [split for split in ("train", "dev", "test") if split in rows]
    return Corpus(corpus.name, {split: table.select(rows[split]) for split in order})


def note_split_column(corpus: Corpus) -> None:
    """Print a note if train is the only split, but one of its columns contains the names of splits."""
    if set(corpus.splits) != {"train"}:
        return
    table = corpus.train
    for name, cells in table.columns.items():
        if str(next(iter(cells), "")).strip().lower() not in SPLIT_NAMES:
            continue
        splits = {SPLIT_NAMES.get(str(cell).strip().lower()) for cell in cells}
        if len(splits) > 1 and "train" in splits and None not in splits:
            shown = ", ".join(dict.fromkeys(map(str, cells)))
            note(
                f"{table.source}: the column {name!r} contains {shown}, but is not used. To split by it, add "
                f"--split-column {name}."
            )


def add_splits(corpus: Corpus, rows: Mapping[str, LongArray]) -> Corpus:
    """Return a corpus with additional splits, each consisting of rows selected from the corpus's `train` split.

    Args:
        corpus: Corpus with a `train` split.
        rows: Row numbers in `train` for each new split. The entry "train" replaces the `train` split itself.

    Returns:
        The corpus with its splits in the order train, dev, test, followed by all other splits.
    """
    splits = {**corpus.splits, **{split: corpus.train.select(indices) for split, indices in rows.items()}}
    order = dict.fromkeys(("train", "dev", "test", *splits))
    return Corpus(corpus.name, {split: splits[split] for split in order if split in splits})


def split_rows(
    table: Table, seed: int, shares: Mapping[str, float], *, groups: str | None = None
) -> dict[str, LongArray]:
    """Choose the rows of each new split by stratified sampling.

    A stratum consists of all rows with the same label or, for multilabel data, the same frequent combination of
    labels. All infrequent combinations form one stratum. The same fraction of rows is taken from each stratum, rounded
    so that the total is right. Rows that must stay together are moved together. At least one row of each label or tag
    stays in train.

    Args:
        table: Rows to split.
        seed: Random seed.
        shares: Fraction of all rows, in (0, 1), for each new split.
        groups: Name of a column. Rows with the same value in this column stay in one split. By default, rows in the
            same group (`table.groups`) stay in one split.

    Returns:
        Ascending row numbers, keyed by split. The first entry is "train", which contains the remaining rows.

    Raises:
        DataError: If there is no column `groups`, or if a split would be empty because there are too few rows, too few
            different texts, or nearly as many labels as rows.
    """
    table = table if groups is None else group_rows(table, groups)
    return _split_by_groups(table, lambda one: _split(one, seed, shares), shares)


def _split_by_groups(table: Table, split: Callable[[Table], Rows], shares: Mapping[str, float]) -> Rows:
    """Split a table with `split`, and print a note about the groups that are kept together, if any.

    Documents that are marked in the file may be too few or too uneven in size to be kept together. In that case, their
    rows are split individually.

    Args:
        table: Rows to split.
        split: Function that splits a table and keeps its groups together.
        shares: Fraction of all rows, in (0, 1), that each split should have.
    """
    if table.groups is None:
        return split(table)
    sizes, name = sizes_of(table), groups_name(table)
    try:
        rows = split(table)
        off = _badly_sized_split(rows, shares, len(table))
    except DataError:
        if not are_documents(table):
            raise
        off = next(iter(shares))
    if not off:
        note(f"{table.source}: {len(sizes):,} {name}, each kept together in one split")
        return rows
    largest = f"the largest has {max(sizes.values()) / len(table):.0%} of the {len(table):,} rows"
    if are_documents(table):
        note(
            f"{table.source}: {len(sizes):,} {name} are too few or too uneven to be kept together ({largest}), so rows "
            "are split one by one: parts of a document may be in two splits."
        )
        return split(replace(table, groups=None))
    note(f"{table.source}: {len(sizes):,} {name} are kept together; {largest}, so {off} has {len(rows[off]):,} rows.")
    return rows


def _badly_sized_split(rows: Rows, shares: Mapping[str, float], count: int) -> str | None:
    """Return the first split whose size is far from its share of `count` rows, or `None` if there is no such split."""
    for split, share in shares.items():
        wanted = max(1.0, share * count)
        if not _LEAST_OF_SHARE * wanted <= len(rows[split]) <= _MOST_OF_SHARE * wanted:
            return split
    return None


def _split(table: Table, seed: int, shares: Mapping[str, float]) -> Rows:
    generator = np.random.default_rng(seed)
    strata = _strata(table, rows_together(table))
    quotas = [_quotas(strata, share, len(table), generator) for share in shares.values()]
    held = {split: _take_groups(strata, quota, generator) for split, quota in zip(shares, quotas, strict=True)}
    _return_lost_labels(table, held)
    for split, chosen in held.items():
        if not chosen:
            raise DataError(_empty_split_message(table, split))
    rows = {split: sorted(chain.from_iterable(chosen)) for split, chosen in held.items()}
    elsewhere = set(chain.from_iterable(rows.values()))
    rows = {"train": [row for row in range(len(table)) if row not in elsewhere], **rows}
    return {split: np.array(indices, dtype=np.int64) for split, indices in rows.items()}


def _empty_split_message(table: Table, split: str) -> str:
    """Return the error message for a split that would be empty, with the reason and the remedy."""
    rows, labels = len(table), len(set(table.labels or ()))
    if table.groups is not None and len(sizes_of(table)) < _FEW_ROWS:
        return (
            f"{len(sizes_of(table)):,} {groups_name(table)} are too few to make a {split} split, because each stays in "
            "one split. Leave out --group-column, or pass files for dev and test."
        )
    if rows >= _FEW_ROWS and (alike := table.common_property()):
        reason, role = f"all {rows:,} {table.ROWS} are {alike}", table.ROLE
    elif rows >= _FEW_ROWS and labels > rows // 2 and not table.is_multilabel:
        reason, role = f"{rows:,} rows have {labels:,} different labels", "label"
    elif rows >= _FEW_ROWS and table.labels is None and any(map(table.targets_of, range(rows))):
        return (
            f"no {split} split can be made: each row has a tag that train would lack. Check the column of the tags, or "
            "pass a folder with train, dev and test files."
        )
    else:
        several = "" if table.labels is None else " and several of each label"
        return (
            f"{rows:,} {'row is' if rows == 1 else 'rows are'} too few to make a {split} split. Pass at least "
            f"{_FEW_ROWS} different {table.ROWS}{several}, or a folder with train, dev and test files."
        )
    what = "labels" if role == "label" else table.ROWS
    return (
        f"no {split} split can be made: {reason}. If {table.name_of(role)!r} is not the column of the {what}, name "
        f"the right one with --{role}-column (in Python: ReadOptions(columns={{{role!r}: ...}}))."
    )


def fold_rows(table: Table, folds: int, seed: int, *, groups: str | None = None) -> list[LongArray]:
    """Split rows into stratified folds of about equal size for cross-validation.

    Args:
        table: Rows to split.
        folds: Number of folds.
        seed: Random seed.
        groups: Name of a column. Rows with the same value in this column stay in one fold. By default, rows in the
            same group (`table.groups`) stay in one fold.

    Returns:
        The row numbers of each fold, in ascending order.

    Raises:
        DataError: If there is no column `groups`, or if there are more folds than sets of rows that must stay together
            (see `rows_together`).
    """
    table = table if groups is None else group_rows(table, groups)
    shares = {f"fold {fold + 1}": 1 / folds for fold in range(folds)}

    def cut(table: Table) -> Rows:
        return dict(zip(shares, _folds(table, folds, seed), strict=True))

    return list(_split_by_groups(table, cut, shares).values())


def _folds(table: Table, folds: int, seed: int) -> list[LongArray]:
    generator = np.random.default_rng(seed)
    members: list[list[int]] = [[] for _ in range(folds)]
    for stratum in _strata(table, rows_together(table)):
        sizes = [0] * folds
        shuffled = [stratum[place] for place in generator.permutation(len(stratum))]
        # Assign the largest groups first, each to the fold with the fewest rows of this label, then the fewest overall.
        for group in sorted(shuffled, key=len, reverse=True):
            fold = min(range(folds), key=lambda place: (sizes[place], len(members[place])))
            members[fold].extend(group)
            sizes[fold] += len(group)
    if not all(members):
        raise DataError(
            f"{len(table)} rows are too few for {folds} folds: some folds are empty, because equal rows (and groups) "
            "stay together. Use fewer folds."
        )
    return [np.array(sorted(rows), dtype=np.int64) for rows in members]


def _strata(table: Table, groups: list[Group]) -> list[list[Group]]:
    """Return the strata. A stratum consists of all groups of rows whose most frequent label is the same.

    For multilabel data, each combination of labels counts as a label, and all infrequent combinations count as one
    label. A table without labels has a single stratum.
    """
    if table.labels is None:
        return [groups]
    labels: list[Any] = table.labels
    if table.is_multilabel:
        frequency = Counter(labels)
        labels = [label if frequency[label] >= _FREQUENT else None for label in labels]
    strata: dict[Any, list[Group]] = defaultdict(list)
    for group in groups:
        strata[Counter(labels[row] for row in group).most_common(1)[0][0]].append(group)
    return list(strata.values())


def _quotas(strata: list[list[Group]], share: float, rows: int, generator: np.random.Generator) -> list[int]:
    """Compute the number of rows to take from each stratum by the largest remainder method.

    Args:
        strata: Groups of rows of each stratum.
        share: Fraction of rows to take, in (0, 1).
        rows: Number of rows of the table. At least one row is taken in total.
        generator: Random generator, which breaks ties.
    """
    target = max(1, round(rows * share))
    wanted = np.array([share * sum(map(len, stratum)) for stratum in strata])
    quotas = np.floor(wanted).astype(np.int64)
    # Ties between remainders are broken at random. A stratum with a single group keeps it in train.
    order = np.lexsort((generator.random(len(strata)), quotas - wanted))
    able = [int(index) for index in order if len(strata[index]) > 1]
    for index in able[: max(0, target - int(quotas.sum()))]:
        quotas[index] += 1
    return [int(quota) for quota in quotas]


def _take_groups(strata: list[list[Group]], quotas: list[int], generator: np.random.Generator) -> list[Group]:
    """Remove random groups from each stratum in place, up to its quota of rows, and return the removed groups.

    At least one group stays in each stratum. If no group fits into the quota of its stratum, the smallest group from a
    stratum with several groups is taken anyway.
    """
    taken: list[Group] = []
    for index, quota in enumerate(quotas):
        stratum = strata[index]
        chosen: set[int] = set()
        for position in generator.permutation(len(stratum)).tolist():
            if len(stratum[position]) <= quota and len(chosen) < len(stratum) - 1:
                chosen.add(position)
                quota -= len(stratum[position])
        taken.extend(stratum[position] for position in sorted(chosen))
        strata[index] = [group for position, group in enumerate(stratum) if position not in chosen]
    return taken or _take_smallest_group(strata)


def _take_smallest_group(strata: list[list[Group]]) -> list[Group]:
    able = [(len(group), index, group) for index, stratum in enumerate(strata) if len(stratum) > 1 for group in stratum]
    if not able:
        return []
    _, index, group = min(able)
    strata[index].remove(group)
    return [group]


def _return_lost_labels(table: Table, held: dict[str, list[Group]]) -> None:
    """Move a held-out group back to train for each label or tag that train would otherwise lack.

    Each stratum keeps a group in train. However, a rare label may occur only in groups with a different most frequent
    label.
    """
    elsewhere = set(chain.from_iterable(chain.from_iterable(held.values())))
    kept: set[Any] = set()
    for row in range(len(table)):
        if row not in elsewhere:
            kept.update(table.targets_of(row))
    for groups in held.values():
        for group in list(groups):
            labels = {label for row in group for label in table.targets_of(row)}
            if labels - kept:
                groups.remove(group)
                kept |= labels
