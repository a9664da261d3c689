"""Splitting a corpus into train, dev and test: stratified, seeded, equal texts on one side."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import chain
from typing import Any

import numpy as np

from syntagma.config import nearest
from syntagma.data.tables.groups import Group, are_documents, grouped, groups_name, rows_together, sizes_of
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

# A combination of several labels is a stratum of its own from this many rows on; below, a tenth of it is no row.
_FREQUENT = 10

# How far the rows of a split may be from its share, if groups stay together.
_MOST_OF_SHARE, _LEAST_OF_SHARE = 2.0, 0.25

Rows = dict[str, LongArray]


def split_corpus(
    corpus: Corpus, seed: int = 0, *, dev: bool = True, test: bool = True, groups: str | None = None
) -> Corpus:
    """Gives a corpus the splits that it lacks.

    Splits that exist stay as they are. Where `train` is alone (`unsup` aside), a tenth of its rows becomes dev and a
    tenth test. Where there is a test split but no dev, a tenth of train becomes dev. No test split is cut from a corpus
    that came with a dev split.

    Args:
        corpus: With a split `train`.
        seed: The same seed and rows give the same splits.
        dev: Whether a dev split is wanted where there is none.
        test: Whether a test split is wanted where `train` is alone.
        groups: A column of `train`; rows with an equal value stay in one split, as rows with an equal text do. If
            none is named, the groups of the table stay together, such as documents.

    Returns:
        The corpus with its splits in the order train, dev, test, unsup; rows keep the order of the file.

    Raises:
        DataError: There is no train split, no column `groups`, or too few rows.
    """
    rows = missing_splits(corpus, seed, dev=dev, test=test, groups=groups)
    return with_splits(corpus, rows) if rows else corpus


def missing_splits(
    corpus: Corpus, seed: int = 0, *, dev: bool = True, test: bool = True, groups: str | None = None
) -> dict[str, LongArray]:
    """Return the rows of `train` for each split that `split_corpus` would cut off, as train, dev, test; or nothing."""
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
            note(f"corpus {corpus.name!r}: only {len(rows[split])} rows in {split}; a score on them says little")
    return {split: rows[split] for split in ("train", "dev", "test") if split in rows}


def by_column(corpus: Corpus, name: str | None) -> Corpus:
    """Return a corpus of one table with the splits that a column names: train, dev (or valid, val, ...), test.

    Raises:
        DataError: There is no such column, or it says something else.
    """
    if name is None:
        return corpus
    if set(corpus.splits) != {"train"}:
        raise DataError(f"{corpus.name}: has splits already ({', '.join(corpus.splits)}); leave out --split-column.")
    table = corpus.train
    if name not in table.columns:
        raise DataError(f"has no column {name!r}; {nearest(name, table.columns)}", path=table.source)
    rows: dict[str, list[int]] = {}
    for row, value in enumerate(table.columns[name]):
        said = value[0] if isinstance(value, list) and value else value  # a value per word of a sentence
        split = SPLIT_NAMES.get(str(said).strip().lower())
        if split is None:
            raise DataError(f"{table.place_of(row)}: {name!r} must be one of {', '.join(SPLIT_NAMES)}; got {said!r}.")
        rows.setdefault(split, []).append(row)
    order = [split for split in ("train", "dev", "test") if split in rows]
    return Corpus(corpus.name, {split: table.select(rows[split]) for split in order})


def note_split_column(corpus: Corpus) -> None:
    """Say so if a column that nobody named says which split a row is of."""
    if set(corpus.splits) != {"train"}:
        return
    table = corpus.train
    for name, cells in table.columns.items():
        if str(next(iter(cells), "")).strip().lower() not in SPLIT_NAMES:
            continue
        said = {SPLIT_NAMES.get(str(cell).strip().lower()) for cell in cells}
        if len(said) > 1 and "train" in said and None not in said:
            shown = ", ".join(dict.fromkeys(map(str, cells)))
            note(f"{table.source}: the column {name!r} says {shown}, but is not used; --split-column {name} does.")


def with_splits(corpus: Corpus, rows: Mapping[str, LongArray]) -> Corpus:
    """Return the corpus with splits made of rows of its `train`, in the order train, dev, test."""
    splits = {**corpus.splits, **{split: corpus.train.select(indices) for split, indices in rows.items()}}
    order = dict.fromkeys(("train", "dev", "test", *splits))
    return Corpus(corpus.name, {split: splits[split] for split in order if split in splits})


def split_rows(
    table: Table, seed: int, shares: Mapping[str, float], *, groups: str | None = None
) -> dict[str, LongArray]:
    """Choose the rows of each new split, given their shares of all rows; "train", which comes first, is what remains.

    Each stratum (a label, a frequent combination of labels, else the remaining combinations together) gives its share,
    rounded so that the sum is right. Groups of rows are moved whole. A label, or a tag, that has rows at all keeps one
    in train. Row numbers ascend.

    Raises:
        DataError: There is no column `groups`, or a split would stay empty: too few rows, too few different texts, or
            nearly as many labels as rows.
    """
    table = table if groups is None else grouped(table, groups)
    return _keeping_groups(table, lambda one: _split(one, seed, shares), shares)


def _keeping_groups(table: Table, split: Callable[[Table], Rows], shares: Mapping[str, float]) -> Rows:
    """Split a table by its groups; without the documents that a file has if they are too few or too uneven for that."""
    if table.groups is None:
        return split(table)
    sizes, name = sizes_of(table), groups_name(table)
    try:
        rows = split(table)
        off = _off_share(rows, shares, len(table))
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


def _off_share(rows: Rows, shares: Mapping[str, float], count: int) -> str | None:
    """Return the split whose number of rows is far from its share, if there is one."""
    for split, share in shares.items():
        wanted = max(1.0, share * count)
        if not _LEAST_OF_SHARE * wanted <= len(rows[split]) <= _MOST_OF_SHARE * wanted:
            return split
    return None


def _split(table: Table, seed: int, shares: Mapping[str, float]) -> Rows:
    generator = np.random.default_rng(seed)
    strata = _strata(table, rows_together(table))
    quotas = [_quotas(strata, share, len(table), generator) for share in shares.values()]
    held = {split: _take(strata, quota, generator) for split, quota in zip(shares, quotas, strict=True)}
    _return_lost_labels(table, held)
    for split, taken in held.items():
        if not taken:
            raise DataError(_why_empty(table, split))
    rows = {split: sorted(chain.from_iterable(taken)) for split, taken in held.items()}
    elsewhere = set(chain.from_iterable(rows.values()))
    rows = {"train": [row for row in range(len(table)) if row not in elsewhere], **rows}
    return {split: np.array(indices, dtype=np.int64) for split, indices in rows.items()}


def _why_empty(table: Table, split: str) -> str:
    """What keeps all rows in train, and what to do about it."""
    rows, labels = len(table), len(set(table.labels or ()))
    if table.groups is not None and len(sizes_of(table)) < _FEW_ROWS:
        return (
            f"{len(sizes_of(table)):,} {groups_name(table)} are too few to cut off a {split} split, because each stays "
            "in one split. Leave --group-column out, or give files for dev and test."
        )
    if rows >= _FEW_ROWS and (alike := table.why_alike()):
        reason, role = f"all {rows:,} {table.ROWS} are {alike}", table.ROLE
    elif rows >= _FEW_ROWS and labels > rows // 2 and not table.is_multilabel:
        reason, role = f"{rows:,} rows have {labels:,} different labels", "label"
    elif rows >= _FEW_ROWS and table.labels is None and any(map(table.answers_of, range(rows))):
        return (
            f"no {split} split can be cut off: each row has a tag that train would lack. Check the column of the "
            "tags, or give a folder with train, dev and test files."
        )
    else:
        return (
            f"{rows:,} {'row is' if rows == 1 else 'rows are'} too few to cut off a {split} split. Give at least "
            f"{_FEW_ROWS} different {table.ROWS} and several of each label, or a folder with train, dev and test files."
        )
    what = "labels" if role == "label" else table.ROWS
    return (
        f"no {split} split can be cut off: {reason}. If {table.name_of(role)!r} is not the column of the {what}, name "
        f"that with --{role}-column (in Python: ReadOptions(columns={{{role!r}: ...}}))."
    )


def fold_rows(table: Table, folds: int, seed: int, *, groups: str | None = None) -> list[LongArray]:
    """Cut rows into folds of about one size, each with about the same share of every label; row numbers ascend.

    Raises:
        DataError: There is no column `groups`, or there are fewer groups of rows than folds.
    """
    table = table if groups is None else grouped(table, groups)
    shares = {f"fold {fold + 1}": 1 / folds for fold in range(folds)}

    def cut(table: Table) -> Rows:
        return dict(zip(shares, _folds(table, folds, seed), strict=True))

    return list(_keeping_groups(table, cut, shares).values())


def _folds(table: Table, folds: int, seed: int) -> list[LongArray]:
    generator = np.random.default_rng(seed)
    members: list[list[int]] = [[] for _ in range(folds)]
    for stratum in _strata(table, rows_together(table)):
        sizes = [0] * folds
        shuffled = [stratum[place] for place in generator.permutation(len(stratum))]
        # The largest groups first, each into the fold that has the fewest rows of this label, then of all.
        for group in sorted(shuffled, key=len, reverse=True):
            fold = min(range(folds), key=lambda place: (sizes[place], len(members[place])))
            members[fold].extend(group)
            sizes[fold] += len(group)
    if not all(members):
        raise DataError(
            f"{len(table)} rows are too few for {folds} folds: some stay empty, because equal rows (and groups) stay "
            "together. Give fewer folds."
        )
    return [np.array(sorted(rows), dtype=np.int64) for rows in members]


def _strata(table: Table, groups: list[Group]) -> list[list[Group]]:
    """Groups by their most frequent label."""
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
    """How many rows each stratum gives: its share rounded down, and one more for the largest remainders."""
    target = max(1, round(rows * share))
    wanted = np.array([share * sum(map(len, stratum)) for stratum in strata])
    quotas = np.floor(wanted).astype(np.int64)
    # The generator decides between equal remainders; a stratum of one group has nothing to give.
    order = np.lexsort((generator.random(len(strata)), quotas - wanted))
    able = [int(index) for index in order if len(strata[index]) > 1]
    for index in able[: max(0, target - int(quotas.sum()))]:
        quotas[index] += 1
    return [int(quota) for quota in quotas]


def _take(strata: list[list[Group]], quotas: list[int], generator: np.random.Generator) -> list[Group]:
    """Takes groups out of the strata, as many rows as the quotas allow, and leaves at least one group in each.

    Where all groups are larger than their quotas, one small group is taken all the same.
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
    return taken or _smallest(strata)


def _smallest(strata: list[list[Group]]) -> list[Group]:
    able = [(len(group), index, group) for index, stratum in enumerate(strata) if len(stratum) > 1 for group in stratum]
    if not able:
        return []
    _, index, group = min(able)
    strata[index].remove(group)
    return [group]


def _return_lost_labels(table: Table, held: dict[str, list[Group]]) -> None:
    """Move back to train the first held group of each label or tag that train has lost.

    A stratum keeps a group in train, but a label may be rare within the groups that are named after another.
    """
    elsewhere = set(chain.from_iterable(chain.from_iterable(held.values())))
    kept: set[Any] = set()
    for row in range(len(table)):
        if row not in elsewhere:
            kept.update(table.answers_of(row))
    for groups in held.values():
        for group in list(groups):
            labels = {label for row in group for label in table.answers_of(row)}
            if labels - kept:
                groups.remove(group)
                kept |= labels
