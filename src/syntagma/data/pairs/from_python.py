"""Construction of tables from pairs of texts that are passed in Python."""

from typing import Any

from syntagma.data.formats.rows import RawRows
from syntagma.data.options import ReadOptions
from syntagma.data.pairs.roles import find_columns
from syntagma.data.pairs.table import PairTable
from syntagma.data.tables.table import Corpus, Table
from syntagma.data.texts.from_python import as_texts
from syntagma.errors import DataError


def pairs_table(X: Any, y: Any = None) -> PairTable:
    """Make a table of sources with optional targets.

    Args:
        X: Sources in one of these forms: a list of strings, a NumPy array, or a pandas or polars Series; a DataFrame
            with a source and a target column, found by their usual names, or as its only two columns of text; a
            `PairTable`, which is returned unchanged; or a `Corpus` of pairs, whose `train` table is returned.
        y: Target of each source, in the same forms. `None` if there are no targets, and if `X` is a table, a corpus or
            a DataFrame, which contains its own targets.

    Raises:
        DataError: If a text is missing or is not a string. With targets, also if there are no pairs, a text is blank,
            the numbers of sources and targets differ, the columns of a DataFrame cannot be determined, or targets are
            passed in addition to those of `X`.

    Example:
        >>> pairs_table(["one", "two"], ["eins", "zwei"]).targets
        ['eins', 'zwei']
    """
    if isinstance(X, Corpus):
        X = X.train
    is_frame = len(getattr(X, "shape", ())) == 2 and hasattr(X, "columns") and X.shape[1] > 1
    if y is not None and (is_frame or isinstance(X, Table)):
        raise DataError("the table already contains targets; leave out the second argument.")
    if isinstance(X, PairTable):
        return X
    if isinstance(X, Table):
        raise DataError(f"sources must be texts; got a {type(X).__name__}, which contains {X.ROWS}.")
    return _from_frame(X) if is_frame else _from_lists(X, y)


def _from_lists(sources: Any, targets: Any) -> PairTable:
    texts = as_texts(sources, "sources")
    if targets is None:
        return PairTable(texts)
    if not texts:
        raise DataError("sources: there are none; at least one is needed.")
    outputs = as_texts(targets, "targets")
    if len(outputs) != len(texts):
        raise DataError(f"each source needs one target; got {len(texts):,} sources and {len(outputs):,} targets.")
    _check_filled(texts, "sources")
    _check_filled(outputs, "targets")
    return PairTable(texts, outputs)


def _from_frame(frame: Any) -> PairTable:
    rows = RawRows({str(name): list(frame[name]) for name in frame.columns}, list(range(1, len(frame) + 1)))
    columns = find_columns(rows, ReadOptions(), "table", labelled=True)
    table = _from_lists(rows.columns[columns.source], rows.columns[str(columns.target)])
    names = columns.names()
    others = {name: cells for name, cells in rows.columns.items() if name not in names.values()}
    return PairTable(table.sources, table.targets, columns=others, names=names, header=tuple(rows.columns))


def _check_filled(texts: list[str], what: str) -> None:
    row = next((row for row, text in enumerate(texts) if not text.strip()), None)
    if row is not None:
        raise DataError(f"{what}: row {row} is empty; rows are counted from 0. Drop the pair.")
