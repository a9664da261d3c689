"""Labelling new texts from a file or a list, and writing the result beside the input's columns."""

import csv
import json
import sys
from collections.abc import Sequence
from io import StringIO
from pathlib import Path
from typing import Any

from syntagma import bundle
from syntagma.data.columns import as_texts
from syntagma.data.reading import ReadOptions, read_table
from syntagma.data.table import Table
from syntagma.errors import ConfigError
from syntagma.files import write_text
from syntagma.tasks.classifier import TextClassifier
from syntagma.tasks.results import Annotation


class Ranking(list[dict[str, Any]]):
    """The most probable labels of a text with their probabilities."""


def read_input(texts: Sequence[str] | None, path: str | None, format: str | None, options: ReadOptions) -> Table:
    """The texts to label: given ones, or a file's with its other columns.

    Raises:
        DataError: The file breaks a rule of its format, or a text is not UTF-8.
    """
    if path is None:
        return Table(as_texts(texts or ()))
    return read_table(path, options, labelled=False, format=format)


def predict_table(folder: Path, table: Table, top_k: int = 1, threshold: float = 0.5) -> list[dict[str, Any]]:
    """One record a text: the input's columns, then `prediction` and `probability`, and `top` for several.

    Args:
        folder: A run folder or a bundle.
        table: The texts.
        top_k: Adds so many labels with their probabilities where it is more than 1.
        threshold: See `TextClassifier.predict`.

    Raises:
        BundleError: The model cannot be trusted.
    """
    model = TextClassifier.from_bundle(bundle.load(folder))
    model.verbose = True
    annotations = model.annotate(table, threshold)
    return [_record(table, row, annotation, top_k) for row, annotation in enumerate(annotations)]


def write_output(records: list[dict[str, Any]], path: str, format: str) -> None:
    """Writes the records whole, to a file or to the standard output (`-`).

    Args:
        records: As `predict_table` gives them.
        path: A file, replaced when the content is complete, or `-`.
        format: "csv", "jsonl", or "plain" for a line a text to read.

    Raises:
        ConfigError: The file cannot be written.
    """
    content = {"csv": _csv, "jsonl": _jsonl, "plain": _plain}[format](records)
    if path == "-":
        sys.stdout.write(content)
        sys.stdout.flush()  # here, so that a reader that has gone is noticed while it can be dealt with
        return
    if Path(path).is_dir():
        raise ConfigError(f"--output {path} is a folder; give the name of a file.")
    try:
        write_text(path, content)
    except OSError as error:
        raise ConfigError(f"--output {path} cannot be written: {error.strerror or error}.") from error


def _record(table: Table, row: int, annotation: Annotation, top_k: int) -> dict[str, Any]:
    label = list(annotation.label) if isinstance(annotation.label, tuple) else annotation.label
    record: dict[str, Any] = {table.text_name: annotation.text}
    record |= {name: values[row] for name, values in table.columns.items()}
    names = _free_names(record)
    record |= {names["prediction"]: label, names["probability"]: round(annotation.probability, 6)}
    if top_k > 1:
        best = list(annotation.scores.items())[:top_k]
        record[names["top"]] = Ranking({"label": name, "probability": round(score, 6)} for name, score in best)
    return record


def _free_names(record: dict[str, Any]) -> dict[str, str]:
    """Names for our columns that the input does not use."""
    free = {}
    for name in ("prediction", "probability", "top"):
        free[name] = name
        while free[name] in record:
            free[name] = f"model_{free[name]}"
    return free


def _csv(records: list[dict[str, Any]]) -> str:
    separator = _separator(records)
    flat = [_flat(record, separator) for record in records]
    buffer = StringIO()
    writer = csv.DictWriter(buffer, fieldnames=list(flat[0]) if flat else [], lineterminator="\n")
    writer.writeheader()
    writer.writerows(flat)
    return buffer.getvalue()


def _separator(records: list[dict[str, Any]]) -> str:
    """What may stand between several labels in one cell: the first sign that no label contains."""
    lists = (value for record in records for value in record.values() if isinstance(value, list))
    used = {sign for parts in lists for part in parts if isinstance(part, str) for sign in part}
    return next((sign for sign in ",;|\t" if sign not in used), ",")


def _flat(record: dict[str, Any], separator: str = ",") -> dict[str, Any]:
    """A ranking as columns of its own, and other nested values as text: CSV has no nesting."""
    flat: dict[str, Any] = {}
    for name, value in record.items():
        if isinstance(value, Ranking):
            for place, item in enumerate(value, start=1):
                flat[f"{name}_{place}"], flat[f"{name}_{place}_probability"] = item["label"], item["probability"]
        else:
            flat[name] = _cell(value, separator)
    return flat


def _cell(value: Any, separator: str) -> Any:
    if isinstance(value, dict) or (isinstance(value, list) and any(isinstance(part, dict | list) for part in value)):
        return json.dumps(value, ensure_ascii=False, default=str)
    return separator.join(map(str, value)) if isinstance(value, list) else value


def _jsonl(records: list[dict[str, Any]]) -> str:
    return "".join(json.dumps(record, ensure_ascii=False, default=str) + "\n" for record in records)


def _plain(records: list[dict[str, Any]]) -> str:
    lines = []
    for record in records:
        flat = _flat(record)
        text, *rest = flat.values()
        shown = "  ".join(f"{value:.3f}" if isinstance(value, float) else str(value) for value in rest)
        lines.append(f"{shown}  {text}\n")
    return "".join(lines)
