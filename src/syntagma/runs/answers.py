"""Scores of given answers, such as the probability of a translation."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from syntagma import backend
from syntagma.errors import ConfigError
from syntagma.runs.outputs import check_output, write_pieces
from syntagma.runs.predicting import load_model
from syntagma.runs.reading import options_for
from syntagma.tasks import registry
from syntagma.tasks.results import Displayable
from syntagma.tasks.writing import encode_utf8, json_line

_SUFFIXES = (".jsonl", ".ndjson")


def score_answers(
    folder: Path,
    pairs: Sequence[tuple[str, str]] | None,
    input: str | None,
    input_format: str | None,
    output: str,
    columns: Mapping[str, str],
    settings: Mapping[str, Any],
    *,
    as_json: bool,
) -> None:
    """Compute the probability of given answers with the model of a run folder or bundle, and write it.

    Args:
        folder: Run folder, or bundle (saved model).
        pairs: Row and answer of each pair. `None` reads them from `input`.
        input: Path of the input file, or "-" for standard input. `None` if `pairs` are given.
        input_format: Name of the input format. By default, the format that matches the file extension.
        output: Path of the output file, which has a line of JSON per pair, or "-" for standard output.
        columns: Column name for each role, for reading the input.
        settings: Other fields of `ReadOptions`, for reading the input.
        as_json: Whether to write JSON to standard output instead of text.

    Raises:
        ConfigError: If the model has no probabilities of answers, or the output cannot be written.
        DataError: If the input is invalid.
        FolderError: If the folder contains no model.
    """
    check_output(output, input)
    if output != "-" and Path(output.removesuffix(".gz")).suffix.lower() not in _SUFFIXES:
        raise ConfigError(f"--output {output}: scores are written as JSON lines; choose a name that ends in .jsonl.")
    model = load_model(folder)
    task = registry.task(model.recipe_.task)
    options = options_for(task.name, task.file_options, columns, settings)
    with backend.fast_compilation(pairs is not None):
        scored = task.score_answers(model, pairs, input, input_format, options)
        write_pieces(_lines(scored) if as_json or output != "-" else _texts(scored), output)


def _lines(scored: Iterable[Displayable]) -> Iterator[bytes]:
    return (encode_utf8(json_line(one.to_dict()) + "\n") for one in scored)


def _texts(scored: Iterable[Displayable]) -> Iterator[bytes]:
    """Yield the text about each pair, with an empty line between two pairs."""
    for number, one in enumerate(scored):
        yield encode_utf8(("\n" if number else "") + one.to_text() + "\n")
