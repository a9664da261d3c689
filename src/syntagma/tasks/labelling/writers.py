"""Labelled rows beside the columns of the input, written in whatever format a person asks for."""

import csv
import json
from collections.abc import Iterable
from dataclasses import dataclass
from io import BytesIO, StringIO
from typing import Any

from syntagma.errors import ConfigError
from syntagma.tasks.writing import Record, Writer, json_line, renamed, utf8
from syntagma.wording import printable


@dataclass(frozen=True)
class Labelled:
    """Labelled rows, with the columns of the input, in the order of the file, and a line of plain text for each.

    What was found for a row are `prediction`, `probability` and, if several labels are wanted, `ranking`, a list of
    `{"label", "probability"}`. The delimiter is between the fields of CSV, the separator between labels of one field.
    """

    given: list[Record]
    found: list[Record]
    shown: list[str]
    delimiter: str = ","
    separator: str = ","


def _records(labelled: Labelled) -> list[Record]:
    """Return input and predictions side by side; if the input has a column of ours, ours is named `model_...`."""
    return [given | renamed(found, given) for given, found in zip(labelled.given, labelled.found, strict=True)]


def _flat_records(labelled: Labelled) -> list[Record]:
    """Return them without nesting: a ranking becomes columns, and other nested values text.

    The first label of a ranking is left out if it is the prediction of every row.
    """
    records, first = [], _first_of_ranking(labelled)
    for given, found in zip(labelled.given, labelled.found, strict=True):
        flat = {name: value for name, value in found.items() if name != "ranking"}
        for place, item in enumerate(found.get("ranking", [])[first - 1 :], start=first):
            flat[f"label_{place}"], flat[f"probability_{place}"] = item["label"], item["probability"]
        fields = given | renamed(flat, given)
        records.append({name: _field(value, labelled.separator) for name, value in fields.items()})
    return records


def _first_of_ranking(labelled: Labelled) -> int:
    """Return the place in the rankings, 1 or 2, from which they say more than the predictions."""
    rankings = [(found["ranking"], found["prediction"]) for found in labelled.found if found.get("ranking")]
    return 2 if all(ranking[0]["label"] == prediction for ranking, prediction in rankings) else 1


def _field(value: Any, separator: str) -> Any:
    if isinstance(value, dict) or (isinstance(value, list) and any(isinstance(part, dict | list) for part in value)):
        return json.dumps(value, ensure_ascii=False, default=str)
    return separator.join(map(str, value)) if isinstance(value, list | tuple) else value


def _csv(labelled: Labelled) -> bytes:
    records = _flat_records(labelled)
    names = list(records[0]) if records else []
    buffer = StringIO()
    # With \r\n as its line end, csv puts fields with either sign into quotes; the rows end in \n all the same.
    writer = csv.writer(buffer, delimiter=labelled.delimiter, lineterminator="\r\n")
    lines = []
    for row in [names, *(list(record.values()) for record in records)]:
        writer.writerow(row)
        lines.append(buffer.getvalue().removesuffix("\r\n") + "\n")
        buffer.seek(0)
        buffer.truncate()
    return utf8("".join(lines))


def _tsv(labelled: Labelled) -> bytes:
    records = _flat_records(labelled)
    rows: list[Iterable[Any]] = [list(records[0]) if records else [], *(record.values() for record in records)]
    fields = [["" if field is None else str(field) for field in row] for row in rows]
    for number, row in enumerate(fields):
        if any(sign in field for field in row for sign in "\t\n\r"):
            raise ConfigError(f"row {number} holds a tab or a line end, which TSV cannot; write CSV or JSON lines.")
    return utf8("".join("\t".join(row) + "\n" for row in fields))


def _jsonl(labelled: Labelled) -> bytes:
    return utf8("".join(json_line(record) + "\n" for record in _records(labelled)))


def _parquet(labelled: Labelled) -> bytes:
    import polars as pl

    records = _records(labelled)
    try:
        frame = pl.DataFrame(records, infer_schema_length=None, strict=False)
    except (pl.exceptions.PolarsError, OverflowError, TypeError, UnicodeEncodeError):  # columns of several types
        texts = [{name: utf8(str(value)).decode() for name, value in record.items()} for record in records]
        frame = pl.DataFrame(texts)
    buffer = BytesIO()
    frame.write_parquet(buffer)
    return buffer.getvalue()


def _plain(labelled: Labelled) -> bytes:
    """Write a line per text: what was predicted, a ranking if it says more, then the text."""
    lines, first = [], _first_of_ranking(labelled)
    for text, found in zip(labelled.shown, labelled.found, strict=True):
        shown = [_field(found["prediction"], labelled.separator), found["probability"]]
        shown += ["|"] if first == 1 and found.get("ranking") else []
        for item in found.get("ranking", [])[first - 1 :]:
            shown += [item["label"], item["probability"]]
        parts = [f"{value:.3f}" if isinstance(value, float) else str(value) for value in shown]
        lines.append(printable("  ".join([*parts, " ".join(text.splitlines())])) + "\n")
    return utf8("".join(lines))


WRITERS = {
    "plain": Writer(_plain, ("txt",)),
    "csv": Writer(_csv, ("csv",)),
    "tsv": Writer(_tsv, ("tsv",)),
    "jsonl": Writer(_jsonl, ("jsonl", "ndjson")),
    "parquet": Writer(_parquet, ("parquet",)),
}
