"""Prediction for new rows from a file or a list."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from syntagma import backend
from syntagma.config import Config
from syntagma.data.tables.table import Table
from syntagma.errors import ConfigError, FolderError
from syntagma.files import atomic_write
from syntagma.progress import Progress, quietly
from syntagma.runs.folder import explain_missing_model
from syntagma.runs.outputs import check_output, check_page, choose_format, write_predictions
from syntagma.runs.reading import options_for
from syntagma.tasks import registry
from syntagma.tasks.estimator import Estimator
from syntagma.tasks.task import Task
from syntagma.tasks.writing import ExplanationPage

# Number of rows per block: large enough for fast prediction, small enough to keep memory use low.
BLOCK_ROWS = 2048


def load_model(folder: Path) -> Estimator:
    """Load the model of a run folder or bundle with `registry.load`, and make it show its progress.

    Raises:
        FolderError: If the folder contains no model.
    """
    has_model = (folder / "model").is_dir() or (folder / "manifest.json").is_file()
    if not has_model and (reason := explain_missing_model(folder)):
        raise FolderError(f"contains no model: {reason}", path=folder)
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
    explanation: str | None = None,
) -> None:
    """Make predictions for new rows with the model of a run folder or bundle, and write them.

    Rows are read, predicted and written in blocks. Lines from standard input are processed as they arrive. An output
    file appears only when it is complete, and so does the page of explanations.

    Args:
        folder: Run folder, or bundle (saved model).
        rows: Text of each row to predict. `None` reads the rows from `input`.
        input: Path of the input file, or "-" for standard input. `None` if `rows` are given.
        input_format: Name of the input format. By default, the format that matches the file extension or, for standard
            input, the usual format of the task.
        output: Path of the output file, or "-" for standard output.
        output_format: Name of the output format. By default, the format that matches the file extension. The default
            for standard output depends on the task and the input.
        columns: Column name for each role, for reading the input.
        settings: Other fields of `ReadOptions`, for reading the input.
        answers: Options for the predictions, such as a threshold or the number of labels per row.
        explanation: Path of a page to write that explains the predictions, or `None`.

    Raises:
        ConfigError: If an option or format does not apply to this model, or if the output cannot be written.
        DataError: If the input is invalid.
        FolderError: If the folder contains no model.
    """
    check_output(output, input)
    check_page(explanation, output, input)
    model = load_model(folder)
    model.verbose = False  # one progress bar for all blocks is shown instead
    task = registry.task(model.recipe_.task)
    answer_options = parse_answers(task, answers, "predict")
    if explanation is not None and task.explanation is None:
        raise ConfigError(f"--explain does not apply to {task.name}, the task of this model; omit it.")
    format = choose_format(output_format, output, task.writers, task.default_format(input, input_format))
    answer_options = task.check_prediction(model, answer_options, format)
    options = options_for(task.name, task.input_options, columns, settings)
    blocks = task.read_blocks(rows, input, input_format, options, model, BLOCK_ROWS)
    with backend.fast_compilation(rows is not None), ExitStack() as stack:
        predictions = _predict_blocks(task, model, blocks, answer_options)
        if explanation is not None and task.explanation is not None:
            partial = stack.enter_context(atomic_write(os.path.realpath(explanation)))
            predictions = _explain_blocks(predictions, task.explanation(), partial)
        write_predictions(task.writers[format], predictions, output, input)


def parse_answers(task: Task[Any], answers: Mapping[str, Any], where: str) -> Config:
    """Return the settings for predictions with a model.

    Args:
        task: Task of the model.
        answers: Value of each setting that the user has given.
        where: Name of the command, for error messages.

    Raises:
        ConfigError: If the task does not have a setting, or a value is invalid.
    """
    for name in answers:
        if name not in task.prediction_config.model_fields:
            others = [one for one in registry.names() if name in registry.task(one).prediction_config.model_fields]
            if others:
                raise ConfigError(
                    f"--{name.replace('_', '-')} does not apply to {task.name}, the task of this model; it is for "
                    f"{' and '.join(others)}."
                )
    return task.prediction_config.parse(answers, where)


def _predict_blocks(task: Task[Any], model: Estimator, blocks: Iterable[Table], options: Any) -> Iterator[Any]:
    """Yield the predictions for each block of rows, and show progress starting with the first full block."""
    with ExitStack() as stack:
        progress: Progress | None = None
        for number, table in enumerate(blocks):
            if progress is None and len(table) >= BLOCK_ROWS:
                progress = stack.enter_context(Progress("Predicting", unit="rows"))
            with quietly(number > 0):  # notes are printed for the first block only
                predictions = task.predict_new(model, table, options)
            yield predictions
            if progress is not None:
                progress.advance(len(table))


def _explain_blocks(blocks: Iterable[Any], page: ExplanationPage, path: Path) -> Iterator[Any]:
    """Yield each block of predictions, and write the page about all of them to a file after the last block."""
    for block in blocks:
        page.add(block)
        yield block
    path.write_bytes(page.content())
