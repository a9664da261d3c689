"""Options for reading the data of a task, and descriptions of data."""

from collections.abc import Mapping
from typing import Any

from syntagma.config import nearest
from syntagma.data.options import ReadOptions, option_name
from syntagma.data.sources import SplitFiles
from syntagma.errors import ConfigError
from syntagma.tasks import registry
from syntagma.tasks.task import FileOptions


def options_for(task: str, reads: FileOptions, columns: Mapping[str, str], settings: Mapping[str, Any]) -> ReadOptions:
    """Return the options for reading files, after checking that the task supports these options.

    Args:
        task: Name of the task, for error messages.
        reads: Column roles and settings that the task supports.
        columns: Column name for each role.
        settings: Other fields of `ReadOptions`.

    Raises:
        ConfigError: If the task does not support one of the options.
    """
    for role in columns:
        if role not in reads.columns:
            raise ConfigError(f"{option_name(role)} does not apply to {task}; {nearest(role, reads.columns)}")
    for name in settings:
        if name != "bad_rows" and name not in reads.settings:
            raise ConfigError(f"--{name.replace('_', '-')} does not apply to {task}; omit it.")
    return ReadOptions(columns=dict(columns), **settings)


def describe(
    source: str | SplitFiles, task: str | None, columns: Mapping[str, str], settings: Mapping[str, Any]
) -> Any:
    """Compute descriptive statistics of data: a file, a folder, a named corpus, or the files of each split.

    Args:
        source: Path or name of the corpus, or the files of each split.
        task: Name of the task that the data is for. By default, the task is inferred from the data.
        columns: Column name for each role.
        settings: Other fields of `ReadOptions`.

    Returns:
        Description that can be shown as text or JSON.

    Raises:
        DataError: If the data is invalid.
        ConfigError: If the task is unknown or does not support one of the options.
    """
    reader = registry.task_of_data(source, columns) if task is None else registry.task(task)
    return reader.describe(reader.read(source, options_for(reader.name, reader.file_options, columns, settings), None))
