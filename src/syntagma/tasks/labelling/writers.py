"""Writers of predicted labels and input columns as text, CSV, TSV, JSON lines or Parquet."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from syntagma.errors import ConfigError
from syntagma.tasks.writing import (
    Record,
    Writer,
    csv_lines,
    encode_utf8,
    json_line,
    make_joined_writer,
    rename_duplicates,
    tsv_lines,
)
from syntagma.wording import escape_control


@dataclass(frozen=True)
class LabelledRows:
    """Rows with predicted labels, in the order of the input.

    Attributes:
        inputs: Input columns of each row, as a dictionary keyed by column name.
        predictions: Prediction for each row, with the keys `prediction` and `probability`. If several labels are to be
            written per row, the key `ranking` has a list of records with `label` and `probability`, best first.
        texts: String that represents each row in plain-text output.
        delimiter: Character that separates the fields of CSV.
        separator: Character that separates several labels in one field.
        first_rank: Rank from which a ranking is written, 1 or 2. Use 2 if the first label of every ranking equals the
            prediction. By default, the rank is determined from the rows.
    """

    inputs: list[Record]
    predictions: list[Record]
    texts: list[str]
    delimiter: str = ","
    separator: str = ","
    first_rank: int | None = None


def _records(labelled: LabelledRows) -> list[Record]:
    """Return a record per row with its input columns and prediction.

    Names in a prediction that are also names of input columns get the prefix `model_`.
    """
    return [
        inputs | rename_duplicates(prediction, inputs)
        for inputs, prediction in zip(labelled.inputs, labelled.predictions, strict=True)
    ]


def _flat_records(labelled: LabelledRows) -> list[Record]:
    """Return a record per row without nested values, for tabular formats.

    A ranking becomes the columns `label_N` and `probability_N` for each rank N, starting at `_first_rank`. Other nested
    values become strings.
    """
    records, first = [], _first_rank(labelled)
    for inputs, prediction in zip(labelled.inputs, labelled.predictions, strict=True):
        flat = {name: value for name, value in prediction.items() if name != "ranking"}
        for rank, item in enumerate(prediction.get("ranking", [])[first - 1 :], start=first):
            flat[f"label_{rank}"], flat[f"probability_{rank}"] = item["label"], item["probability"]
        fields = inputs | rename_duplicates(flat, inputs)
        records.append({name: _field(value, labelled.separator) for name, value in fields.items()})
    return records


def _first_rank(labelled: LabelledRows) -> int:
    """Return the rank from which rankings are written: 2 if every first label equals the prediction, otherwise 1."""
    if labelled.first_rank is not None:
        return labelled.first_rank
    ranked = [record for record in labelled.predictions if record.get("ranking")]
    return 2 if all(record["ranking"][0]["label"] == record["prediction"] for record in ranked) else 1


def _field(value: Any, separator: str) -> Any:
    if isinstance(value, dict) or (isinstance(value, list) and any(isinstance(part, dict | list) for part in value)):
        return json.dumps(value, ensure_ascii=False, default=str)
    return separator.join(map(str, value)) if isinstance(value, list | tuple) else value


def _tables(blocks: Iterable[LabelledRows]) -> Iterator[tuple[LabelledRows, list[list[Any]], int]]:
    """Yield each block of rows, its fields as a table, and the number of the first row of the table.

    The first table starts with a row of column names, which has number 0.

    Raises:
        ConfigError: If a later block has different columns from the first.
    """
    names: list[str] | None = None
    number = 0
    for labelled in blocks:
        records = _flat_records(labelled)
        rows = [list(record.values()) for record in records]
        if names is None:
            names = list(records[0]) if records else []
            yield labelled, [list(names), *rows], 0
        elif any(list(record) != names for record in records):
            raise ConfigError(f"rows from row {number + 1} on have different columns than the first; write JSON lines.")
        else:
            yield labelled, rows, number + 1
        number += len(rows)


def _csv(blocks: Iterable[LabelledRows]) -> Iterator[bytes]:
    for labelled, rows, _ in _tables(blocks):
        yield encode_utf8(csv_lines(rows, labelled.delimiter))


def _tsv(blocks: Iterable[LabelledRows]) -> Iterator[bytes]:
    for _, rows, first in _tables(blocks):
        yield encode_utf8(tsv_lines(rows, first))


def _jsonl(labelled: LabelledRows) -> bytes:
    return encode_utf8("".join(json_line(record) + "\n" for record in _records(labelled)))


def _parquet(blocks: Iterable[LabelledRows]) -> Iterator[bytes]:
    import polars as pl

    records = [record for labelled in blocks for record in _records(labelled)]
    try:
        frame = pl.DataFrame(records, infer_schema_length=None, strict=False)
    except (pl.exceptions.PolarsError, OverflowError, TypeError, UnicodeEncodeError):  # columns of several types
        texts = [{name: encode_utf8(str(value)).decode() for name, value in record.items()} for record in records]
        frame = pl.DataFrame(texts)
    buffer = BytesIO()
    frame.write_parquet(buffer)
    yield buffer.getvalue()


def _plain(labelled: LabelledRows) -> bytes:
    """Return one line per row, with the prediction, its probability, any lower-ranked labels, and the text."""
    lines, first = [], _first_rank(labelled)
    for text, record in zip(labelled.texts, labelled.predictions, strict=True):
        values = [_field(record["prediction"], labelled.separator), record["probability"]]
        values += ["|"] if first == 1 and record.get("ranking") else []
        for item in record.get("ranking", [])[first - 1 :]:
            values += [item["label"], item["probability"]]
        parts = [f"{value:.3f}" if isinstance(value, float) else str(value) for value in values]
        lines.append(escape_control("  ".join([*parts, " ".join(text.splitlines())])) + "\n")
    return encode_utf8("".join(lines))


WRITERS = {
    "plain": Writer(_plain, ("txt",)),
    "csv": make_joined_writer(_csv, "csv"),
    "tsv": make_joined_writer(_tsv, "tsv"),
    "jsonl": Writer(_jsonl, ("jsonl", "ndjson")),
    "parquet": make_joined_writer(_parquet, "parquet"),
}
