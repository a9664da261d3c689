"""Predictions of a run, kept beside it: texts, gold labels, logits and the probability of each label."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from syntagma.data.tables.table import Table
from syntagma.errors import FolderError
from syntagma.files import replacing
from syntagma.shapes import AnyArray, FloatArray
from syntagma.text.labels import LabelSet


@dataclass(frozen=True)
class Predictions:
    """What a model, and the baselines beside it, make of labelled rows.

    Attributes:
        table: The rows.
        gold: Class indices (rows,), or 0/1 (rows, K).
        logits: (rows, K), or (rows, 1) for two classes.
        probabilities: (rows, K).
        baselines: Probabilities (rows, K) by baseline.
    """

    table: Table
    gold: AnyArray
    logits: FloatArray
    probabilities: FloatArray
    baselines: dict[str, FloatArray] = field(default_factory=dict)


def write_predictions(path: Path, predictions: Predictions, labels: LabelSet) -> None:
    """Writes a Parquet file.

    Its columns are `text`, `gold`, `columns` (the other columns as JSON), `logit:N`, `p:LABEL` for each label, and
    `BASELINE:LABEL`.
    """
    import polars as pl

    table = predictions.table
    others = [
        json.dumps({name: values[row] for name, values in table.columns.items()}, default=str)
        for row in range(len(table))
    ]
    columns: dict[str, Any] = {
        "text": table.texts,
        "gold": [list(label) if isinstance(label, tuple) else str(label) for label in table.labels or []],
        "columns": others,
    }
    columns |= {f"logit:{k}": predictions.logits[:, k] for k in range(predictions.logits.shape[1])}
    for prefix, probabilities in {"p": predictions.probabilities, **predictions.baselines}.items():
        columns |= {f"{prefix}:{name}": probabilities[:, k] for k, name in enumerate(labels.names)}
    with replacing(path) as temporary:
        pl.DataFrame(columns, strict=False).write_parquet(temporary, compression="zstd")


def read_predictions(path: Path, labels: LabelSet) -> Predictions:
    """What `write_predictions` kept.

    Raises:
        FolderError: The file is missing, damaged, or of other labels.
    """
    frame = _frame(path, None)
    try:
        table = _table(frame, path)
        prefixes = dict.fromkeys(name.partition(":")[0] for name in frame.columns if ":" in name)
        named = {
            prefix: np.stack([frame[f"{prefix}:{name}"].to_numpy() for name in labels.names], axis=1)
            for prefix in prefixes
            if prefix != "logit"
        }
        logits = [name for name in frame.columns if name.startswith("logit:")]
        return Predictions(
            table=table,
            gold=np.asarray(labels.encode(table.labels or [])),
            logits=np.stack([frame[name].to_numpy() for name in logits], axis=1),
            probabilities=named.pop("p"),
            baselines=named,
        )
    except (KeyError, ValueError) as error:
        raise FolderError(f"is damaged ({error}).", path=path) from error


def join_predictions(files: Sequence[Path], to: Path) -> None:
    """Writes the rows of several files of the same labels as one; columns that some lack are left out."""
    import polars as pl

    frames = [_frame(file, None) for file in files]
    shared = [name for name in frames[0].columns if all(name in frame.columns for frame in frames)]
    with replacing(to) as temporary:
        pl.concat([frame.select(shared) for frame in frames]).write_parquet(temporary, compression="zstd")


def read_table(path: Path) -> Table:
    """The labelled texts that `write_predictions` kept.

    Raises:
        FolderError: The file is missing or damaged.
    """
    return _table(_frame(path, ["text", "gold", "columns"]), path)


def _frame(path: Path, columns: list[str] | None) -> Any:
    import polars as pl

    if not path.is_file():
        raise FolderError("is missing: this run has no such split. Name another --split, or give --data.", path=path)
    try:
        return pl.read_parquet(path, columns=columns)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise FolderError(f"is damaged ({error}). Give --data instead.", path=path) from error


def _table(frame: Any, path: Path) -> Table:
    labels = [tuple(label) if isinstance(label, list) else label for label in frame["gold"].to_list()]
    rows = [json.loads(row) for row in frame["columns"].to_list()]
    names = list(rows[0]) if rows else []
    columns = {name: [row.get(name) for row in rows] for name in names}
    return Table(frame["text"].to_list(), labels=labels, columns=columns, source=str(path))
