"""Predictions beside the columns of the input, written in whatever format a person asks for."""

import csv
import gzip
import json
import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

from syntagma.errors import ConfigError
from syntagma.files import write_bytes

FORMATS = ("plain", "csv", "tsv", "jsonl", "parquet")
_BY_NAME = {"csv": "csv", "tsv": "tsv", "jsonl": "jsonl", "ndjson": "jsonl", "parquet": "parquet", "txt": "plain"}

# Those of annotation tools, of spans alone.
SPAN_FORMATS = ("spacy", "doccano", "prodigy", "label-studio")
TAGGING_FORMATS = ("plain", "conll", "jsonl", "html", *SPAN_FORMATS)
_TAGGING_BY_NAME = {"txt": "plain", "conll": "conll", "jsonl": "jsonl", "ndjson": "jsonl", "html": "html"}

Record = dict[str, Any]


@dataclass(frozen=True)
class Labelled:
    """Labelled texts.

    Attributes:
        given: The columns of the input, a record a text, in the order of the file.
        found: What was predicted for each: `prediction`, `probability` and, where several labels are wanted, `ranking`,
            a list of `{"label", "probability"}`.
        text_name: The column of the text.
        delimiter: What stands between the fields of CSV.
        separator: What stands between several labels in one field.
    """

    given: list[Record]
    found: list[Record]
    text_name: str
    delimiter: str = ","
    separator: str = ","


def output_format(output: str, input: str | None, input_format: str | None) -> str:
    """The format of the output: as its file is named, else as the input is, else lines to read.

    Raises:
        ConfigError: The name of the output file tells no format.
    """
    if output != "-":
        suffix = _suffix(output)
        if suffix not in _BY_NAME:
            known = ", ".join(f".{name}" for name in _BY_NAME)
            raise ConfigError(f"--output {output}: the name tells no format ({known}). Name it so, or give --format.")
        return _BY_NAME[suffix]
    if input is None or (input == "-" and input_format is None):
        return "plain"
    kind = input_format or _BY_NAME.get(_suffix(input))
    return kind if kind in ("tsv", "jsonl") else "csv"


def label_format(asked: str | None, output: str, input: str | None, input_format: str | None) -> str:
    """The format of labelled texts, as it is asked for or as `output_format` finds it.

    Raises:
        ConfigError: It is a format of tagged texts, or the name of the output tells none.
    """
    if asked is not None and asked not in FORMATS:
        raise ConfigError(f"--format {asked} is for tagged words; labels are written as {', '.join(FORMATS)}.")
    return asked or output_format(output, input, input_format)


def tagging_format(asked: str | None, output: str, *, spans: bool = True) -> str:
    """The format of tagged texts, as it is asked for, as the output is named, or lines to read.

    Args:
        asked: By name, or `None`.
        output: The file to write, or `-`.
        spans: Whether the tags spell spans.

    Raises:
        ConfigError: It is none of theirs, or the name of the output tells none.
    """
    if asked in SPAN_FORMATS and not spans:
        raise ConfigError(f"--format {asked} is for spans, and the tags of this model spell none; use jsonl or conll.")
    if asked is not None and asked not in TAGGING_FORMATS:
        raise ConfigError(
            f"--format {asked} is not for tagged words, which are written as {', '.join(TAGGING_FORMATS)}."
        )
    if asked is not None or output == "-":
        return asked or "plain"
    suffix = _suffix(output)
    if suffix not in _TAGGING_BY_NAME:
        known = ", ".join(f".{name}" for name in _TAGGING_BY_NAME)
        raise ConfigError(f"--output {output}: the name tells no format ({known}). Name it so, or give --format.")
    return _TAGGING_BY_NAME[suffix]


def check_output(output: str, input: str | None) -> None:
    """Refuses an output that is the input, a folder, or no ordinary file.

    Raises:
        ConfigError: See there.
    """
    if output == "-":
        return
    path = Path(output)
    try:
        if path.is_dir():
            raise ConfigError(f"--output {output} is a folder; give the name of a file.")
        if path.exists() and not path.is_file():
            raise ConfigError(f"--output {output} is no ordinary file; write to - and redirect that.")
        same = input not in (None, "-") and path.exists() and path.samefile(str(input))
    except OSError as error:
        raise ConfigError(f"--output {output} cannot be written: {error.strerror or error}.") from error
    if same:
        raise ConfigError(f"--output {output} is the input file, which is never replaced; name another file.")


def write_output(labelled: Labelled, path: str, format: str) -> None:
    """Writes everything in one piece, to a file or to the standard output (`-`).

    Args:
        labelled: What.
        path: A file, replaced when the content is complete, packed where it ends in `.gz`; or `-`.
        format: One of `FORMATS`; "plain" is a line a text to read.

    Raises:
        ConfigError: The file cannot be written, or a field does not fit the format.
    """
    write_content(_WRITERS[format](labelled), path)


def write_content(content: bytes, path: str) -> None:
    """Writes to a file, replaced when complete, packed where its name ends in `.gz`, or to the standard output (`-`).

    Raises:
        ConfigError: The file cannot be written.
    """
    if path == "-":
        sys.stdout.flush()
        sys.stdout.buffer.write(content)
        sys.stdout.flush()  # here, so that a reader that has gone is noticed while it can be dealt with
        return
    packed = gzip.compress(content, mtime=0) if path.endswith(".gz") else content
    try:
        write_bytes(os.path.realpath(path), packed)  # through a link to the file that it names
    except OSError as error:
        raise ConfigError(f"--output {path} cannot be written: {error.strerror or error}.") from error


def _suffix(name: str) -> str:
    return Path(name.removesuffix(".gz")).suffix.lower().removeprefix(".")


def _records(labelled: Labelled) -> list[Record]:
    """Input and predictions side by side; where the input has a column of ours, ours is named `model_...`."""
    return [given | renamed(found, given) for given, found in zip(labelled.given, labelled.found, strict=True)]


def _flat_records(labelled: Labelled) -> list[Record]:
    """The same without nesting: a ranking becomes columns, the second label first, and other nested values text."""
    records = []
    for given, found in zip(labelled.given, labelled.found, strict=True):
        flat = {name: value for name, value in found.items() if name != "ranking"}
        for place, item in enumerate(found.get("ranking", [])[1:], start=2):
            flat[f"label_{place}"], flat[f"probability_{place}"] = item["label"], item["probability"]
        fields = given | renamed(flat, given)
        records.append({name: _field(value, labelled.separator) for name, value in fields.items()})
    return records


def renamed(values: Record, taken: Record, prefix: str = "model_") -> Record:
    """The values under names that are not taken."""
    free = {}
    for name, value in values.items():
        while name in taken:
            name = f"{prefix}{name}"
        free[name] = value
    return free


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
    return _utf8("".join(lines))


def _tsv(labelled: Labelled) -> bytes:
    records = _flat_records(labelled)
    rows: list[Iterable[Any]] = [list(records[0]) if records else [], *(record.values() for record in records)]
    fields = [["" if field is None else str(field) for field in row] for row in rows]
    for number, row in enumerate(fields):
        if any(sign in field for field in row for sign in "\t\n\r"):
            raise ConfigError(f"row {number} holds a tab or a line end, which TSV cannot; write CSV or JSON lines.")
    return _utf8("".join("\t".join(row) + "\n" for row in fields))


def _jsonl(labelled: Labelled) -> bytes:
    lines = [json.dumps(record, ensure_ascii=False, default=str) for record in _records(labelled)]
    return _utf8("".join(line + "\n" for line in lines))


def _parquet(labelled: Labelled) -> bytes:
    import polars as pl

    records = _records(labelled)
    try:
        frame = pl.DataFrame(records, infer_schema_length=None, strict=False)
    except (pl.exceptions.PolarsError, OverflowError, TypeError, UnicodeEncodeError):  # columns of several types
        texts = [{name: _utf8(str(value)).decode() for name, value in record.items()} for record in records]
        frame = pl.DataFrame(texts)
    buffer = BytesIO()
    frame.write_parquet(buffer)
    return buffer.getvalue()


def _plain(labelled: Labelled) -> bytes:
    """A line a text: what was predicted, then the text."""
    lines = []
    for given, found in zip(labelled.given, labelled.found, strict=True):
        shown = [_field(found["prediction"], labelled.separator), found["probability"]]
        for item in found.get("ranking", [])[1:]:
            shown += [item["label"], item["probability"]]
        parts = [f"{value:.3f}" if isinstance(value, float) else str(value) for value in shown]
        text = " ".join(str(given[labelled.text_name]).splitlines())
        lines.append("  ".join([*parts, text]) + "\n")
    return _utf8("".join(lines))


def _utf8(text: str) -> bytes:
    """UTF-8, which has no lone surrogates: they become U+FFFD."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()


_WRITERS: dict[str, Callable[[Labelled], bytes]] = {
    "plain": _plain,
    "csv": _csv,
    "tsv": _tsv,
    "jsonl": _jsonl,
    "parquet": _parquet,
}
