"""Predictions of a run, kept beside it: texts, gold labels and the probability of each label."""

import json
from pathlib import Path

from syntagma.data.table import Table
from syntagma.errors import FolderError
from syntagma.files import replacing
from syntagma.shapes import FloatArray
from syntagma.text.labels import LabelSet


def write_predictions(path: Path, table: Table, probabilities: FloatArray, labels: LabelSet) -> None:
    """Writes a Parquet file with the columns `text`, `gold`, `columns` (JSON) and `p:LABEL` for each label."""
    import polars as pl

    others = [
        json.dumps({name: values[row] for name, values in table.columns.items()}, default=str)
        for row in range(len(table))
    ]
    frame = pl.DataFrame(
        {
            "text": table.texts,
            "gold": [list(label) if isinstance(label, tuple) else str(label) for label in table.labels or []],
            "columns": others,
            **{f"p:{name}": probabilities[:, k] for k, name in enumerate(labels.names)},
        },
        strict=False,
    )
    with replacing(path) as temporary:
        frame.write_parquet(temporary, compression="zstd")


def read_table(path: Path) -> Table:
    """The labelled texts that `write_predictions` kept.

    Raises:
        FolderError: The file is missing or damaged.
    """
    import polars as pl

    if not path.is_file():
        raise FolderError("is missing: this run has no such split. Name another --split, or give --data.", path=path)
    try:
        frame = pl.read_parquet(path, columns=["text", "gold"])
    except (pl.exceptions.PolarsError, OSError) as error:
        raise FolderError(f"is damaged ({error}). Give --data instead.", path=path) from error
    labels = [tuple(label) if isinstance(label, list) else label for label in frame["gold"].to_list()]
    return Table(frame["text"].to_list(), labels=labels, source=str(path))
