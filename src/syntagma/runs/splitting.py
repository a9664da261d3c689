"""The splits of a run, with the row numbers that they were made of."""

from dataclasses import replace

from syntagma.data.splits import split_corpus
from syntagma.data.table import Corpus, Table
from syntagma.errors import DataError

# The split depends on the data alone, so that runs with different seeds are scored on the same rows.
SPLIT_SEED = 0
_ROW = "\0row"


def split_with_rows(corpus: Corpus, *, dev: bool) -> tuple[Corpus, dict[str, list[int]]]:
    """Gives a corpus the splits it lacks.

    Args:
        corpus: With a train split.
        dev: Whether a dev split is needed.

    Returns:
        The corpus, and for each split cut out of `train` its row numbers there; empty where nothing was cut.

    Raises:
        DataError: There is no train split, or it is too small.
    """
    if "train" not in corpus:
        raise DataError(f"{corpus.name}: training needs a split `train`; found {', '.join(corpus.splits)}.")
    numbered = {**corpus.splits, "train": _numbered(corpus.train)}
    split = split_corpus(Corpus(corpus.name, numbered), SPLIT_SEED, dev=dev)
    rows = {name: table.columns[_ROW] for name, table in split.splits.items() if _ROW in table.columns}
    plain = Corpus(corpus.name, {name: _without_numbers(table) for name, table in split.splits.items()})
    return plain, rows if len(rows) > 1 else {}


def _numbered(table: Table) -> Table:
    return replace(table, columns={**table.columns, _ROW: list(range(len(table)))})


def _without_numbers(table: Table) -> Table:
    return replace(table, columns={name: values for name, values in table.columns.items() if name != _ROW})
