"""Predicting for new rows from a file or a list."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from syntagma.errors import FolderError
from syntagma.runs.folder import why_no_model
from syntagma.runs.outputs import check_output, choose_format, write_content
from syntagma.runs.reading import options_for
from syntagma.tasks import registry
from syntagma.tasks.estimator import Estimator


def load_model(folder: Path) -> Estimator:
    """Load the model of a run folder or a bundle, to show its progress; see `registry.load`."""
    has_model = (folder / "model").is_dir() or (folder / "manifest.json").is_file()
    if not has_model and (reason := why_no_model(folder)):
        raise FolderError(f"holds no model: {reason}", path=folder)
    model = registry.load(folder)
    model.verbose = True
    return model


def predict(
    folder: Path,
    rows: Sequence[str] | None,
    input: str | None,
    input_format: str | None,
    output: str,
    output_format: str | None,
    columns: Mapping[str, str],
    settings: Mapping[str, Any],
    answers: Mapping[str, Any],
) -> None:
    """Predict with the model of a run folder or a bundle for given rows, or those of a file, and write the answers.

    `-` is the standard input, or the standard output. Formats are given if the names of the files do not tell them.
    `columns` are those of the file by role, and `settings` other options of reading it.

    Raises:
        ConfigError: The model has no such option, answer or format.
        DataError: The file breaks a rule of its format.
    """
    check_output(output, input)
    model = load_model(folder)
    task = registry.task(model.recipe_.task)
    asked = task.answers.parse(answers, "predict")
    format = choose_format(output_format, output, task.writers, task.default_format(input, input_format))
    task.check_answers(model, asked, format)
    options = options_for(task.name, task.reads_input, columns, settings)
    table = task.read_input(rows, input, input_format, options, model)
    write_content(task.writers[format].write(task.answer(model, table, asked)), output)
