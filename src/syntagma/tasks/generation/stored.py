"""Reading and writing of the predictions of a generator's run: sources, references and outputs."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from syntagma.data.tables.label_values import brief
from syntagma.errors import DataError, FolderError, InputError
from syntagma.evaluation.generation.predictions import Attention, GeneratedSplit, Output, SearchRow
from syntagma.files import read_json_lines, write_json_lines
from syntagma.tasks.writing import Record

_LIMIT_BYTES = 1 << 30
_DIGITS = 6
# Fields of a row that another row may lack.
_OPTIONAL = {"losses": "loss", "reference_pieces": "reference_pieces", "new_words": "new_words", "places": "place"}


def write_generated(path: Path, split: GeneratedSplit) -> None:
    """Write predictions as JSON lines: first the values of the whole split, then one line per row."""
    searches = None if split.searches is None else [one._asdict() for one in split.searches]
    head = {"kept": list(split.kept), "searches": searches}
    write_json_lines(path, [head, *(_record(split, row) for row in range(len(split)))])


def read_generated(path: Path) -> GeneratedSplit:
    """Read the file that `write_generated` wrote.

    Raises:
        FolderError: If the file is missing or was modified.
    """
    if not path.is_file():
        raise FolderError("does not exist; finish training, or choose another split.", path=path)
    try:
        head, *records = read_json_lines(path, _LIMIT_BYTES)
        titles = dict.fromkeys(title for record in records for title in record["baselines"])
        optional: dict[str, Any] = {
            name: _OPTIONAL_TYPES[name]([record[field] for record in records])
            for name, field in _OPTIONAL.items()
            if records and all(field in record for record in records)
        }
        return GeneratedSplit(
            sources=_strings([record["source"] for record in records]),
            references=_strings([record["reference"] for record in records]),
            outputs=[_read_output(record["output"]) for record in records],
            attention={row: _read_attention(one["attention"]) for row, one in enumerate(records) if "attention" in one},
            baselines={title: _strings([record["baselines"][title] for record in records]) for title in titles},
            kept=tuple(_strings(head["kept"])),
            searches=None if head["searches"] is None else [SearchRow(**one) for one in head["searches"]],
            **optional,
        )
    except (KeyError, TypeError, ValueError, AttributeError, InputError, DataError) as error:
        raise FolderError(f"was modified, or is of another version: {error}.", path=path) from error


def make_records(split: GeneratedSplit) -> list[Record]:
    """Return one record per row with its position in the file, source, reference, output and score."""
    return [
        {
            "row": row + 1,
            "place": "" if split.places is None else split.places[row],
            "source": split.sources[row],
            "reference": split.references[row],
            "output": output.text,
            "score": round(output.score, _DIGITS),
        }
        for row, output in enumerate(split.outputs)
    ]


def _record(split: GeneratedSplit, row: int) -> dict[str, Any]:
    output = split.outputs[row]._asdict()
    output["log_probs"] = [round(value, _DIGITS) for value in output["log_probs"]]
    if output["copied"] is not None:
        output["copied"] = [round(value, _DIGITS) for value in output["copied"]]
    record: dict[str, Any] = {
        "source": split.sources[row],
        "reference": split.references[row],
        "output": output,
        "baselines": {title: texts[row] for title, texts in split.baselines.items()},
    }
    for name, field in _OPTIONAL.items():
        if (values := getattr(split, name)) is not None:
            record[field] = values[row]
    if row in split.attention:
        pieces, weights = split.attention[row]
        record["attention"] = {"pieces": pieces, "weights": np.round(weights.astype("float64"), 4).tolist()}
    return record


def _read_output(values: Any) -> Output:
    copied = values["copied"]
    checked = {
        "pieces": _strings(values["pieces"]),
        "log_probs": _numbers(values["log_probs"]),
        "copied": None if copied is None else _numbers(copied),
        "doubts": tuple(_strings(values["doubts"])),
    }
    _strings([values["text"], values["stopped"]])
    _numbers([values["score"]])
    return Output(**{**values, **checked})


def _read_attention(values: Any) -> Attention:
    pieces = _strings(values["pieces"])
    return Attention(pieces, np.array(values["weights"], np.float32).reshape(-1, len(pieces)))


def _strings(values: Any) -> list[str]:
    """Check and return a list of strings. Raise `TypeError` for other values."""
    if not isinstance(values, list) or not all(isinstance(one, str) for one in values):
        raise TypeError(f"strings are needed; got {brief(values)}")
    return values


def _numbers(values: Any) -> list[float]:
    """Check and return a list of finite numbers. Raise `TypeError` for other values."""
    if not isinstance(values, list) or not all(type(one) in (int, float) and math.isfinite(one) for one in values):
        raise TypeError(f"finite numbers are needed; got {brief(values)}")
    return values


def _counts(values: Any) -> list[int]:
    """Check and return a list of whole numbers of at least 0. Raise `TypeError` for other values."""
    if not all(type(one) is int and one >= 0 for one in values):
        raise TypeError(f"whole numbers are needed; got {brief(values)}")
    return list(values)


_OPTIONAL_TYPES: dict[str, Callable[[Any], list[Any]]] = {
    "losses": _numbers,
    "reference_pieces": _counts,
    "new_words": _counts,
    "places": _strings,
}
