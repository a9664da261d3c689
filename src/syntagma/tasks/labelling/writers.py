"""Labelled rows beside the columns of the input, written in whatever format a person asks for."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from syntagma.errors import ConfigError
from syntagma.tasks.writing import Record, Writer, csv_lines, joining, json_line, renamed, utf8
from syntagma.wording import escape_control


@dataclass(frozen=True)
class Labelled:
    """Labelled rows, with the columns of the input, in the order of the file, and a line of plain text for each.

    What was found for a row are `prediction`, `probability` and, if several labels are wanted, `ranking`, a list of
    `{"label", "probability"}`. The delimiter is between the fields of CSV, the separator between labels of one field.
    `first_rank` is the place in the rankings from which they say more than the predictions, 1 or 2; `None` lets the
    rows tell.
    """

    given: list[Record]
    found: list[Record]
    shown: list[str]
    delimiter: str = ","
    separator: str = ","
    first_rank: int | None = None


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
    if labelled.first_rank is not None:
        return labelled.first_rank
    rankings = [(found["ranking"], found["prediction"]) for found in labelled.found if found.get("ranking")]
    return 2 if all(ranking[0]["label"] == prediction for ranking, prediction in rankings) else 1


def _field(value: Any, separator: str) -> Any:
    if isinstance(value, dict) or (isinstance(value, list) and any(isinstance(part, dict | list) for part in value)):
        return json.dumps(value, ensure_ascii=False, default=str)
    return separator.join(map(str, value)) if isinstance(value, list | tuple) else value


def _tables(blocks: Iterable[Labelled]) -> Iterator[tuple[Labelled, list[list[Any]], int]]:
    """Yield each block as the rows of a table, with the number of the first; names of columns are row 0."""
    names: list[str] | None = None
    number = 0
    for labelled in blocks:
        records = _flat_records(labelled)
        rows = [list(record.values()) for record in records]
        if names is None:
            names = list(records[0]) if records else []
            yield labelled, [list(names), *rows], 0
        elif any(list(record) != names for record in records):
            raise ConfigError(f"rows from {number + 1} on have other columns than the first; write JSON lines.")
        else:
            yield labelled, rows, number + 1
        number += len(rows)


def _csv(blocks: Iterable[Labelled]) -> Iterator[bytes]:
    for labelled, rows, _ in _tables(blocks):
        yield utf8(csv_lines(rows, labelled.delimiter))


def _tsv(blocks: Iterable[Labelled]) -> Iterator[bytes]:
    for _, rows, first in _tables(blocks):
        fields = [["" if field is None else str(field) for field in row] for row in rows]
        for number, row in enumerate(fields, start=first):
            if any(sign in field for field in row for sign in "\t\n\r"):
                raise ConfigError(f"row {number} holds a tab or a line end, which TSV cannot; write CSV or JSON lines.")
        yield utf8("".join("\t".join(row) + "\n" for row in fields))


def _jsonl(labelled: Labelled) -> bytes:
    return utf8("".join(json_line(record) + "\n" for record in _records(labelled)))


def _parquet(blocks: Iterable[Labelled]) -> Iterator[bytes]:
    import polars as pl

    records = [record for labelled in blocks for record in _records(labelled)]
    try:
        frame = pl.DataFrame(records, infer_schema_length=None, strict=False)
    except (pl.exceptions.PolarsError, OverflowError, TypeError, UnicodeEncodeError):  # columns of several types
        texts = [{name: utf8(str(value)).decode() for name, value in record.items()} for record in records]
        frame = pl.DataFrame(texts)
    buffer = BytesIO()
    frame.write_parquet(buffer)
    yield buffer.getvalue()


def _plain(labelled: Labelled) -> bytes:
    """Write a line per text: what was predicted, a ranking if it says more, then the text."""
    lines, first = [], _first_of_ranking(labelled)
    for text, found in zip(labelled.shown, labelled.found, strict=True):
        shown = [_field(found["prediction"], labelled.separator), found["probability"]]
        shown += ["|"] if first == 1 and found.get("ranking") else []
        for item in found.get("ranking", [])[first - 1 :]:
            shown += [item["label"], item["probability"]]
        parts = [f"{value:.3f}" if isinstance(value, float) else str(value) for value in shown]
        lines.append(escape_control("  ".join([*parts, " ".join(text.splitlines())])) + "\n")
    return utf8("".join(lines))


WRITERS = {
    "plain": Writer(_plain, ("txt",)),
    "csv": joining(_csv, "csv"),
    "tsv": joining(_tsv, "tsv"),
    "jsonl": Writer(_jsonl, ("jsonl", "ndjson")),
    "parquet": joining(_parquet, "parquet"),
}
