"""Labelling new texts from a file or a list, and writing the result beside the input's columns."""

import csv
import gzip
import json
import sys
from collections.abc import Sequence
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

from syntagma import bundle
from syntagma.data.columns import as_texts
from syntagma.data.reading import ReadOptions, read_table
from syntagma.data.table import Table
from syntagma.errors import ConfigError
from syntagma.files import write_bytes
from syntagma.progress import note
from syntagma.runs.columns import reading_as_trained
from syntagma.tasks.classifier import TextClassifier
from syntagma.tasks.results import Annotation

FORMATS = ("plain", "csv", "tsv", "jsonl", "parquet")
_BY_NAME = {"csv": "csv", "tsv": "tsv", "jsonl": "jsonl", "ndjson": "jsonl", "parquet": "parquet", "txt": "plain"}


class Ranking(list[dict[str, Any]]):
    """The most probable labels of a text with their probabilities."""


def output_format(output: str, input: str | None, input_format: str | None) -> str:
    """The format of the output: as its file is named, else as the input is, else lines to read.

    Raises:
        ConfigError: The name of the output file tells no format.
    """
    if output != "-":
        suffix = Path(output.removesuffix(".gz")).suffix.lower().removeprefix(".")
        if suffix not in _BY_NAME:
            known = ", ".join(f".{name}" for name in _BY_NAME)
            raise ConfigError(f"--output {output}: the name tells no format ({known}). Name it so, or give --format.")
        return _BY_NAME[suffix]
    if input is None or (input == "-" and input_format is None):
        return "plain"
    kind = input_format or _BY_NAME.get(Path(input.removesuffix(".gz")).suffix.lower().removeprefix("."))
    return kind if kind in ("tsv", "jsonl") else "csv"


def load_model(folder: Path) -> TextClassifier:
    """A saved model that shows its progress.

    Args:
        folder: A run folder or a bundle.

    Raises:
        BundleError: The model cannot be trusted.
    """
    model = TextClassifier.from_bundle(bundle.load(folder))
    model.verbose = True
    return model


def read_input(
    model: TextClassifier, texts: Sequence[str] | None, path: str | None, format: str | None, options: ReadOptions
) -> Table:
    """The texts to label: given ones, or a file's with its other columns.

    Args:
        model: The names of the columns that it was trained on are looked for first.
        texts: Texts, where there is no file.
        path: A file, or `-`.
        format: See `read_table`.
        options: How the file is read.

    Raises:
        DataError: The file breaks a rule of its format, or a text is not UTF-8.
    """
    if path is None:
        return Table(as_texts(texts or ()))
    return read_table(path, reading_as_trained(options, model.recipe_), labelled=False, format=format)


def predict_table(model: TextClassifier, table: Table, top_k: int = 1, threshold: float = 0.5) -> list[dict[str, Any]]:
    """One record a text: the input's columns, then `prediction` and `probability`, and the labels that follow.

    Args:
        model: A fitted one.
        table: The texts.
        top_k: How many labels are given with their probabilities.
        threshold: See `TextClassifier.predict`.
    """
    if threshold != 0.5 and model.labels_.task == "binary":
        note(f"The threshold of {threshold:g} is for the label {model.labels_.names[1]!r}.")
    annotations = model.annotate(table, threshold)
    return [_record(table, row, annotation, top_k) for row, annotation in enumerate(annotations)]


def check_output(output: str, input: str | None) -> None:
    """Refuses an output file that would replace the input, or that is a folder.

    Raises:
        ConfigError: See there.
    """
    if output == "-":
        return
    if Path(output).is_dir():
        raise ConfigError(f"--output {output} is a folder; give the name of a file.")
    if input not in (None, "-") and Path(output).exists() and Path(output).samefile(str(input)):
        raise ConfigError(f"--output {output} is the input file, which is never replaced; name another file.")


def write_output(records: list[dict[str, Any]], path: str, format: str, delimiter: str | None = None) -> None:
    """Writes the records whole, to a file or to the standard output (`-`).

    Args:
        records: As `predict_table` gives them.
        path: A file, replaced when the content is complete, packed where it ends in `.gz`; or `-`.
        format: One of `FORMATS`; "plain" is a line a text to read.
        delimiter: What stands between the fields of CSV, `,` by default.

    Raises:
        ConfigError: The file cannot be written.
    """
    content = _WRITERS[format](records) if format != "csv" else _delimited(records, delimiter or ",")
    if path == "-":
        sys.stdout.flush()
        sys.stdout.buffer.write(content)
        sys.stdout.flush()  # here, so that a reader that has gone is noticed while it can be dealt with
        return
    try:
        write_bytes(path, gzip.compress(content, mtime=0) if path.endswith(".gz") else content)
    except OSError as error:
        raise ConfigError(f"--output {path} cannot be written: {error.strerror or error}.") from error


def _record(table: Table, row: int, annotation: Annotation, top_k: int) -> dict[str, Any]:
    label = list(annotation.label) if isinstance(annotation.label, tuple) else annotation.label
    given = {name: values[row] for name, values in table.columns.items()}
    given[table.text_name] = annotation.text
    record = {name: given[name] for name in table.header or (table.text_name, *table.columns)}
    names = _free_names(record)
    record |= {names["prediction"]: label, names["probability"]: round(annotation.probability, 6)}
    if top_k > 1:
        best = list(annotation.scores.items())[:top_k]
        record[names["ranking"]] = Ranking({"label": name, "probability": round(score, 6)} for name, score in best)
    return record


def _free_names(record: dict[str, Any]) -> dict[str, str]:
    """Names for our columns that the input does not use."""
    free = {}
    for name in ("prediction", "probability", "ranking"):
        free[name] = name
        while free[name] in record:
            free[name] = f"model_{free[name]}"
    return free


def _delimited(records: list[dict[str, Any]], delimiter: str) -> bytes:
    separator = _separator(records)
    flat = [_flat(record, separator) for record in records]
    buffer = StringIO()
    names = list(flat[0]) if flat else []
    writer = csv.DictWriter(buffer, fieldnames=names, delimiter=delimiter, lineterminator="\n")
    writer.writeheader()
    writer.writerows(flat)
    return buffer.getvalue().encode()


def _separator(records: list[dict[str, Any]]) -> str:
    """What may stand between several labels in one cell: the first sign that no label contains."""
    lists = (value for record in records for value in record.values() if isinstance(value, list))
    used = {sign for parts in lists for part in parts if isinstance(part, str) for sign in part}
    return next((sign for sign in ",;|\t" if sign not in used), ",")


def _flat(record: dict[str, Any], separator: str = ",") -> dict[str, Any]:
    """A ranking as columns from the second label on, and other nested values as text: CSV has no nesting."""
    flat: dict[str, Any] = {}
    for name, value in record.items():
        if isinstance(value, Ranking):
            for place, item in enumerate(value[1:], start=2):
                flat[f"label_{place}"], flat[f"probability_{place}"] = item["label"], item["probability"]
        else:
            flat[name] = _cell(value, separator)
    return flat


def _cell(value: Any, separator: str) -> Any:
    if isinstance(value, dict) or (isinstance(value, list) and any(isinstance(part, dict | list) for part in value)):
        return json.dumps(value, ensure_ascii=False, default=str)
    return separator.join(map(str, value)) if isinstance(value, list) else value


def _jsonl(records: list[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(record, ensure_ascii=False, default=str) + "\n" for record in records).encode()


def _parquet(records: list[dict[str, Any]]) -> bytes:
    import polars as pl

    buffer = BytesIO()
    pl.DataFrame(records, infer_schema_length=None, strict=False).write_parquet(buffer)
    return buffer.getvalue()


def _plain(records: list[dict[str, Any]]) -> bytes:
    lines = []
    for record in records:
        flat = _flat(record)
        text, *rest = flat.values()
        shown = "  ".join(f"{value:.3f}" if isinstance(value, float) else str(value) for value in rest)
        lines.append(f"{shown}  {text}\n")
    return "".join(lines).encode()


_WRITERS = {
    "tsv": lambda records: _delimited(records, "\t"),
    "jsonl": _jsonl,
    "parquet": _parquet,
    "plain": _plain,
}
