"""Creation of the train, dev (validation) and test splits of a run."""

import numpy as np

from syntagma.data.tables.splits import add_splits, fold_rows, missing_splits
from syntagma.data.tables.table import Corpus
from syntagma.errors import DataError
from syntagma.runs.plan import Plan
from syntagma.shapes import LongArray

# Splits do not depend on the seed of the run, so that runs with different seeds are scored on the same rows.
SPLIT_SEED = 0


def split_with_rows(corpus: Corpus, plan: Plan) -> tuple[Corpus, dict[str, list[int]]]:
    """Create the splits that a corpus lacks, or the splits of a cross-validation fold.

    Args:
        corpus: Corpus as read from the data.
        plan: Plan of the run. The splits depend on its `fold` and `whole`, and on whether its recipe uses a dev
            split.

    Returns:
        The corpus with its splits, and the row numbers of each created split in the original train split.

    Raises:
        DataError: If there is no train split, or if it is too small to be split.
    """
    if "train" not in corpus:
        raise DataError(f"{corpus.name}: training needs a split `train`; the data has {', '.join(corpus.splits)}.")
    if plan.whole:
        return Corpus(corpus.name, {"train": corpus.train}), {}
    dev = plan.recipe.training.dev
    if plan.fold is not None:
        rows = _fold(corpus, plan)
        train = Corpus(corpus.name, {"train": corpus.train.select(rows["train"]), "test": corpus.train})
        within = missing_splits(train, SPLIT_SEED, dev=dev)
        rows |= {name: rows["train"][places] for name, places in within.items()}
        corpus = Corpus(corpus.name, {"train": corpus.train})
    else:
        rows = missing_splits(corpus, SPLIT_SEED, dev=dev)
    split = add_splits(corpus, rows) if rows else corpus
    return split, {name: rows[name].tolist() for name in split.splits if name in rows}


def _fold(corpus: Corpus, plan: Plan) -> dict[str, LongArray]:
    """Return the row numbers of the fold to test on, as "test", and of all other folds together, as "train"."""
    assert plan.fold is not None
    folds = fold_rows(corpus.train, plan.fold.of, SPLIT_SEED)
    plan.task.check_folds(corpus.train, folds)
    test = folds[plan.fold.number]
    return {"train": np.setdiff1d(np.arange(len(corpus.train)), test), "test": test}
