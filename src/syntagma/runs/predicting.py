"""Predicting for new rows from a file or a list."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from syntagma import backend
from syntagma.data.tables.table import Table
from syntagma.errors import FolderError
from syntagma.progress import Progress, quietly
from syntagma.runs.folder import why_no_model
from syntagma.runs.outputs import check_output, choose_format, write_predictions
from syntagma.runs.reading import options_for
from syntagma.tasks import registry
from syntagma.tasks.estimator import Estimator
from syntagma.tasks.task import Task

# Rows that are read, predicted and written together: enough to be quick, few enough for a small memory.
BLOCK_ROWS = 2048


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
    `columns` are those of the file by role, and `settings` other options of reading it. Rows are read, predicted and
    written in blocks; lines of the standard input are answered as they arrive. A file is there when it is complete.

    Raises:
        ConfigError: The model has no such option, answer or format.
        DataError: The file breaks a rule of its format.
    """
    check_output(output, input)
    model = load_model(folder)
    model.verbose = False  # progress is that of all blocks
    task = registry.task(model.recipe_.task)
    asked = task.prediction_config.parse(answers, "predict")
    format = choose_format(output_format, output, task.writers, task.default_format(input, input_format))
    task.check_prediction(model, asked, format)
    options = options_for(task.name, task.input_options, columns, settings)
    blocks = task.read_blocks(rows, input, input_format, options, model, BLOCK_ROWS)
    with backend.compiling_quickly(rows is not None):
        write_predictions(task.writers[format], _answers(task, model, blocks, asked), output, input)


def _answers(task: Task[Any], model: Estimator, blocks: Iterable[Table], asked: Any) -> Iterator[Any]:
    """Yield the answers for each block of rows, with progress from the first full block on."""
    with ExitStack() as stack:
        progress: Progress | None = None
        for number, table in enumerate(blocks):
            if progress is None and len(table) >= BLOCK_ROWS:
                progress = stack.enter_context(Progress("Predicting", unit="rows"))
            with quietly(number > 0):  # what is to be said is said once
                answers = task.predict_new(model, table, asked)
            yield answers
            if progress is not None:
                progress.advance(len(table))
