"""Prediction for new rows from a file or a list."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from syntagma import backend
from syntagma.data.tables.table import Table
from syntagma.errors import FolderError
from syntagma.progress import Progress, quietly
from syntagma.runs.folder import explain_missing_model
from syntagma.runs.outputs import check_output, choose_format, write_predictions
from syntagma.runs.reading import options_for
from syntagma.tasks import registry
from syntagma.tasks.estimator import Estimator
from syntagma.tasks.task import Task

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
) -> None:
    """Make predictions for new rows with the model of a run folder or bundle, and write them.

    Rows are read, predicted and written in blocks. Lines from standard input are processed as they arrive. An output
    file appears only when it is complete.

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

    Raises:
        ConfigError: If an option or format does not apply to this model, or if the output cannot be written.
        DataError: If the input is invalid.
        FolderError: If the folder contains no model.
    """
    check_output(output, input)
    model = load_model(folder)
    model.verbose = False  # one progress bar for all blocks is shown instead
    task = registry.task(model.recipe_.task)
    answer_options = task.prediction_config.parse(answers, "predict")
    format = choose_format(output_format, output, task.writers, task.default_format(input, input_format))
    task.check_prediction(model, answer_options, format)
    options = options_for(task.name, task.input_options, columns, settings)
    blocks = task.read_blocks(rows, input, input_format, options, model, BLOCK_ROWS)
    with backend.fast_compilation(rows is not None):
        write_predictions(task.writers[format], _predict_blocks(task, model, blocks, answer_options), output, input)


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
