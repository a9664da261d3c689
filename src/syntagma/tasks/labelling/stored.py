"""Reading and writing of a run's predictions as Parquet files with rows, gold labels, logits and probabilities."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from syntagma.data.tables.table import Table
from syntagma.errors import FolderError
from syntagma.evaluation.classification.predictions import Predictions
from syntagma.files import write_bytes
from syntagma.shapes import FloatArray
from syntagma.text.labels import LabelSet
from syntagma.wording import escape_control

# Function that makes a table. Its arguments are those of `LabelTask.unpack`.
MakeTable = Callable[[Mapping[str, list[Any]], list[Any], dict[str, list[Any]], str], Table]

# Maximum number of labels with a column each, because writing a file with many columns is slow.
_MOST_COLUMNS = 500
# Columns of the file that are not part of the rows themselves.
_OWN_COLUMNS = ("row", "source", "place", "gold", "predicted", "columns")


def write_predictions(path: Path, predicted: Predictions, rows: Mapping[str, list[Any]]) -> None:
    """Write predictions to a Parquet file.

    The file has the columns `row` (number from 1), `source` (file of the row), `place` (line or record in the file),
    the columns of `rows`, `gold`, `predicted`, `columns` (the other columns of the input, as JSON), `logit:N` for each
    output number N, `probability:LABEL` for each label, and `BASELINE:LABEL` for each label and baseline. With more
    than 500 labels, logits, probabilities and each baseline are a single column of lists, such as `probability:`.

    Args:
        path: File to write.
        predicted: Predictions with gold labels.
        rows: Dictionary of columns with the contents of the rows, such as `text`; see `LabelTask.pack`.
    """
    import polars as pl

    table = predicted.table
    decided = predicted.predicted_names()
    others = [
        json.dumps({name: values[row] for name, values in table.columns.items()}, default=str)
        for row in range(len(table))
    ]
    columns: dict[str, Any] = {
        "row": list(range(1, len(table) + 1)),
        "source": [escape_control(table.file_of(row)) for row in range(len(table))],
        "place": _places(table),
        **rows,
        "gold": [list(label) if isinstance(label, tuple) else str(label) for label in table.labels or []],
        "predicted": decided,
        "columns": others,
    }
    matrices = {"probability": predicted.probabilities, **predicted.baselines}
    if len(predicted.labels) > _MOST_COLUMNS:
        columns |= {f"{name}:": list(matrix) for name, matrix in {"logit": predicted.logits, **matrices}.items()}
    else:
        columns |= {f"logit:{k}": predicted.logits[:, k] for k in range(predicted.logits.shape[1])}
        for prefix, probabilities in matrices.items():
            columns |= {f"{prefix}:{name}": probabilities[:, k] for k, name in enumerate(predicted.labels)}
    content = BytesIO()  # polars raises its own type of error if the disk is full
    pl.DataFrame(columns, strict=False).write_parquet(content, compression="zstd")
    write_bytes(path, content.getvalue())


def _places(table: Table) -> list[str | None]:
    lines = table.lines
    return [None if lines is None else f"{table.unit} {lines[row]}" for row in range(len(table))]


def make_records(predicted: Predictions) -> list[dict[str, Any]]:
    """Return one record per row, with position in the file, input, gold and predicted labels, and probabilities.

    The labels of a row that has several are joined with commas.
    """
    table, separator = predicted.table, ", "
    decided = predicted.predicted_names()
    best = predicted.probabilities.max(axis=1)
    return [
        {
            "row": row + 1,
            "place": table.short_place_of(row),
            "input": predicted.shown[row],
            "gold": _joined((table.labels or [])[row], separator),
            "predicted": _joined(decided[row], separator),
            "probability": round(float(best[row]), 6),
            **{
                f"probability:{name}": round(float(p), 6)
                for name, p in zip(predicted.labels, predicted.probabilities[row], strict=True)
            },
        }
        for row in range(len(table))
    ]


def _joined(label: Any, separator: str) -> str:
    return separator.join(map(str, label)) if isinstance(label, list | tuple) else str(label)


def read_predictions(path: Path, labels: LabelSet, make_table: MakeTable) -> dict[str, Any]:
    """Read a file that `write_predictions` wrote.

    Args:
        path: Parquet file.
        labels: Labels of the model.
        make_table: Function that makes a table from the stored columns; see `LabelTask.unpack`.

    Returns:
        Keyword arguments for `Predictions`, except `shown` and `lengths`.

    Raises:
        FolderError: If the file is missing or damaged, or its labels are not those of the model.
    """
    frame = _frame(path)
    try:
        table = _table(frame, path, make_table)
        prefixes = dict.fromkeys(name.partition(":")[0] for name in frame.columns if ":" in name)
        named = {prefix: _stacked(frame, prefix, labels.names) for prefix in prefixes if prefix != "logit"}
        return {
            "table": table,
            "gold": np.asarray(labels.encode(table.labels or [])),
            "logits": _logits(frame),
            "probabilities": named.pop("probability", None) if "p" not in named else named.pop("p"),
            "baselines": named,
            "labels": labels.names,
        }
    except (KeyError, ValueError) as error:
        raise FolderError(f"is damaged ({error}).", path=path) from error


def join_predictions(parts: Sequence[Predictions]) -> dict[str, Any]:
    """Concatenate several records of predictions that have the same labels.

    Returns:
        Keyword arguments for `Predictions`, except `table` and `lengths`. Baselines that are missing from any record
        are dropped.
    """
    arrays = {
        name: np.concatenate([getattr(one, name) for one in parts]) for name in ("gold", "logits", "probabilities")
    }
    shared = [name for name in parts[0].baselines if all(name in one.baselines for one in parts)]
    baselines = {name: np.concatenate([one.baselines[name] for one in parts]) for name in shared}
    shown = [row for one in parts for row in one.shown]
    return {**arrays, "labels": parts[0].labels, "shown": shown, "baselines": baselines}


def _stacked(frame: Any, prefix: str, names: tuple[str, ...]) -> FloatArray:
    if f"{prefix}:" in frame.columns and len(names) > _MOST_COLUMNS:
        return _lists(frame, f"{prefix}:")
    stacked: FloatArray = np.stack([frame[f"{prefix}:{name}"].to_numpy() for name in names], axis=1)
    return stacked


def _logits(frame: Any) -> FloatArray:
    if "logit:" in frame.columns:
        return _lists(frame, "logit:")
    names = [name for name in frame.columns if name.startswith("logit:")]
    stacked: FloatArray = np.stack([frame[name].to_numpy() for name in names], axis=1)
    return stacked


def _lists(frame: Any, name: str) -> FloatArray:
    return np.stack([row.to_numpy() for row in frame[name]]).astype(np.float32, copy=False)


def _frame(path: Path) -> Any:
    import polars as pl

    if not path.is_file():
        raise FolderError("is missing: this run has no such split. Choose another --split, or pass --data.", path=path)
    try:
        return pl.read_parquet(path)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise FolderError(f"is damaged ({error}). Pass --data instead.", path=path) from error


def _table(frame: Any, path: Path, make_table: MakeTable) -> Table:
    labels = [tuple(label) if isinstance(label, list) else label for label in frame["gold"].to_list()]
    rows = [json.loads(row) for row in frame["columns"].to_list()]
    names = list(rows[0]) if rows else []
    columns = {name: [row.get(name) for row in rows] for name in names}
    row_columns = {
        name: frame[name].to_list() for name in frame.columns if ":" not in name and name not in _OWN_COLUMNS
    }
    sources = frame["source"].to_list() if "source" in frame.columns else []
    table = make_table(row_columns, labels, columns, sources[0] if sources else str(path))
    table = replace(table, files=sources) if len(set(sources)) > 1 else table
    places = [place.split(" ") for place in frame["place"].to_list() if place] if "place" in frame.columns else []
    if not places or len(places) != len(table):
        return table
    return replace(table, lines=[int(number) for _, number in places], unit=places[0][0])
