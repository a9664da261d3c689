"""Reading files for a task: which options it has, and what is in the data."""

from collections.abc import Mapping
from typing import Any

from syntagma.config import nearest
from syntagma.data.options import ReadOptions, option_name
from syntagma.data.sources import SplitFiles
from syntagma.errors import ConfigError
from syntagma.tasks import registry
from syntagma.tasks.task import FileOptions


def options_for(task: str, reads: FileOptions, columns: Mapping[str, str], settings: Mapping[str, Any]) -> ReadOptions:
    """Return the options of reading files for a task: columns by role, and other settings.

    Raises:
        ConfigError: An option that means nothing for this task.
    """
    for role in columns:
        if role not in reads.columns:
            raise ConfigError(
                f"{option_name(role)} is not for {task}, whose columns are {', '.join(reads.columns)}: "
                f"{nearest(role, reads.columns)}"
            )
    for name in settings:
        if name != "bad_rows" and name not in reads.settings:
            raise ConfigError(f"--{name.replace('_', '-')} is not for {task}; leave it out.")
    return ReadOptions(columns=dict(columns), **settings)


def describe(
    source: str | SplitFiles, task: str | None, columns: Mapping[str, str], settings: Mapping[str, Any]
) -> Any:
    """Describe a file, a folder, a named corpus or the files of each split.

    Without a `task` the names of the files decide on it.

    Raises:
        DataError: The data break a rule.
        ConfigError: There is no such task, or an option that means nothing for it.
    """
    found = registry.task_of_data(source) if task is None else registry.task(task)
    return found.describe(found.read(source, options_for(found.name, found.file_options, columns, settings), None))
