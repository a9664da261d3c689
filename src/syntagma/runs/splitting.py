"""The splits of a run, with the row numbers that they were made of."""

from dataclasses import replace

import numpy as np

from syntagma.data.sentences.table import TaggedTable
from syntagma.data.tables.splits import fold_rows, split_corpus
from syntagma.data.tables.table import Corpus, Table
from syntagma.data.texts.known_labels import label_names
from syntagma.errors import DataError
from syntagma.runs.plan import Fold
from syntagma.shapes import LongArray

# The split depends on the data alone, so that runs with different seeds are scored on the same rows.
SPLIT_SEED = 0
_ROW = "\0row"


def split_with_rows(
    corpus: Corpus, *, dev: bool, test: bool = True, groups: str | None = None, fold: Fold | None = None
) -> tuple[Corpus, dict[str, list[int]]]:
    """Gives a corpus the splits it lacks.

    Args:
        corpus: With a train split.
        dev: Whether a dev split is needed.
        test: Whether a test split is cut from a corpus that is one single table.
        groups: A column of train; rows with an equal value stay in one split.
        fold: Cuts train into folds and tests on this one; test and dev splits that came with the corpus are left out.

    Returns:
        The corpus, and for each split cut out of `train` its row numbers there; empty where nothing was cut.

    Raises:
        DataError: There is no train split, it is too small, or there is no column `groups`.
    """
    if "train" not in corpus:
        raise DataError(f"{corpus.name}: training needs a split `train`; found {', '.join(corpus.splits)}.")
    numbered = {**corpus.splits, "train": _numbered(corpus.train)}
    if fold is not None:
        numbered = _folded(numbered["train"], fold, groups)
    split = split_corpus(Corpus(corpus.name, numbered), SPLIT_SEED, dev=dev, test=test, groups=groups)
    rows = {name: table.columns[_ROW] for name, table in split.splits.items() if _ROW in table.columns}
    plain = Corpus(corpus.name, {name: _without_numbers(table) for name, table in split.splits.items()})
    return plain, rows if len(rows) > 1 else {}


def _folded(table: Table, fold: Fold, groups: str | None) -> dict[str, Table]:
    folds = fold_rows(table, fold.of, SPLIT_SEED, groups=groups)
    if not isinstance(table, TaggedTable):  # tags that train lacks count as wrong, and are named where they are tested
        for held_out in folds:
            _check_labels(table, held_out)
    test = folds[fold.number]
    return {"train": table.select(np.setdiff1d(np.arange(len(table)), test)), "test": table.select(test)}


def _check_labels(table: Table, held_out: LongArray) -> None:
    rest = np.setdiff1d(np.arange(len(table)), held_out)
    names, others = (label_names(table.select(rows).labels or []) for rows in (held_out, rest))
    if names - others:
        raise DataError(
            f"all rows with the label {min(names - others)!r} would be in one fold, and a model be tested on a label "
            "that it was not trained on. Add such rows, or leave the label out.",
            path=table.source,
        )


def _numbered(table: Table) -> Table:
    return replace(table, columns={**table.columns, _ROW: list(range(len(table)))})


def _without_numbers(table: Table) -> Table:
    return replace(table, columns={name: values for name, values in table.columns.items() if name != _ROW})
