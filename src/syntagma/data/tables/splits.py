"""Stratified, seeded splits of a corpus into train, dev (validation) and test. Equal texts stay in one split."""

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

# Minimum number of rows for a combination of labels to be a separate stratum: a tenth of fewer rows is less than one.
_FREQUENT = 10

# Range of the size of a split relative to its share, within which keeping groups together is acceptable.
_MOST_OF_SHARE, _LEAST_OF_SHARE = 2.0, 0.25

Rows = dict[str, LongArray]


def split_corpus(
    corpus: Corpus, seed: int = 0, *, dev: bool = True, test: bool = True, groups: str | None = None
) -> Corpus:
    """Split the rows of `train` into the splits that a corpus lacks: train, dev (validation) and test.

    Existing splits are not changed. If `train` is the only split (apart from `unsup`), a tenth of its rows becomes dev
    and a tenth becomes test. If there is a test split but no dev split, a tenth of `train` becomes dev. A corpus that
    comes with a dev split but without a test split gets no test split.

    Splits are stratified by label, and rows with equal texts stay in one split.

    Args:
        corpus: Corpus with a `train` split.
        seed: Random seed. The same seed and rows always give the same splits.
        dev: Whether to make a dev split if there is none.
        test: Whether to make a test split if `train` is the only split.
        groups: Name of a column of `train` whose equal values keep rows in one split, such as an author. By default,
            the groups of the table, such as documents, stay together.

    Returns:
        The corpus with its splits in the order train, dev, test, unsup. Rows keep the order of the file.

    Raises:
        DataError: If there is no `train` split or no column `groups`, or if there are too few rows.
    """
    rows = missing_splits(corpus, seed, dev=dev, test=test, groups=groups)
    return add_splits(corpus, rows) if rows else corpus


def missing_splits(
    corpus: Corpus, seed: int = 0, *, dev: bool = True, test: bool = True, groups: str | None = None
) -> dict[str, LongArray]:
    """Return the row numbers of `train` that `split_corpus` assigns to each split, without changing the corpus.

    Arguments and errors are those of `split_corpus`.

    Returns:
        Row numbers by split, in the order train, dev, test. Empty if no split is missing.
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
    """Split a corpus of one table by a column that contains the split of each row.

    Args:
        corpus: Corpus whose only split is `train`.
        name: Name of the column. Its values are train, dev (also valid, val, validation and so on) or test, in upper or
            lower case. `None` returns the corpus unchanged.

    Raises:
        DataError: If the corpus has several splits already, the column is missing, or it contains another value.
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
    """Print a note if train, not yet split, has a column of split names that the user did not choose."""
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
    """Return a corpus with splits made from rows of its `train`.

    Args:
        corpus: Corpus with a `train` split.
        rows: Row numbers of `train` for each new split. "train" itself may be among them.

    Returns:
        The corpus with its splits in the order train, dev, test, followed by the others.
    """
    splits = {**corpus.splits, **{split: corpus.train.select(indices) for split, indices in rows.items()}}
    order = dict.fromkeys(("train", "dev", "test", *splits))
    return Corpus(corpus.name, {split: splits[split] for split in order if split in splits})


def split_rows(
    table: Table, seed: int, shares: Mapping[str, float], *, groups: str | None = None
) -> dict[str, LongArray]:
    """Choose the rows of each new split by stratified sampling.

    A stratum is a label, a frequent combination of labels, or all infrequent combinations together. Each stratum
    contributes its share of rows, rounded so that the total is right. Groups of rows are moved as a whole. Every label
    or tag keeps at least one row in train.

    Args:
        table: Rows to split.
        seed: Random seed.
        shares: Share of all rows in (0, 1) for each new split.
        groups: Name of a column whose equal values keep rows together. By default, the groups of the table.

    Returns:
        Row numbers by split, in ascending order. "train", which comes first, has the remaining rows.

    Raises:
        DataError: If there is no column `groups`, or if a split would be empty: there are too few rows, too few
            different texts, or nearly as many labels as rows.
    """
    table = table if groups is None else group_rows(table, groups)
    return _split_by_groups(table, lambda one: _split(one, seed, shares), shares)


def _split_by_groups(table: Table, split: Callable[[Table], Rows], shares: Mapping[str, float]) -> Rows:
    """Split a table, keeping its groups together.

    If documents marked in the file format are too few or too uneven for that, rows are split one by one instead.
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
    """Return a split whose size is far from its share, or `None`."""
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
    """Return the error message for a split that would be empty: the reason and the remedy."""
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
        return (
            f"{rows:,} {'row is' if rows == 1 else 'rows are'} too few to make a {split} split. Pass at least "
            f"{_FEW_ROWS} different {table.ROWS} and several of each label, or a folder with train, dev and test files."
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
        groups: Name of a column whose equal values keep rows together. By default, the groups of the table.

    Returns:
        The row numbers of each fold, in ascending order.

    Raises:
        DataError: If there is no column `groups`, or if there are fewer groups of rows than folds.
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
    """Collect the groups of rows by their most frequent label."""
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
    """Compute the number of rows to take from each stratum: its share, by the largest remainder method."""
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
    """Remove groups from the strata, up to the quota of rows, and leave at least one group in each stratum.

    If all groups are larger than their quotas, the smallest group is taken anyway.
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
    """Move a held-out group back to train for each label or tag that train would lack otherwise.

    Each stratum keeps a group in train, but a rare label may occur only in groups whose stratum is another label.
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
