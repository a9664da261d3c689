"""Options for reading files, sorted out for a task."""

from collections.abc import Mapping
from typing import Any

from syntagma.config import nearest
from syntagma.data.options import ReadOptions, option_of
from syntagma.errors import ConfigError
from syntagma.tasks.task import Reads


def options_for(task: str, reads: Reads, columns: Mapping[str, str], settings: Mapping[str, Any]) -> ReadOptions:
    """Return the options of reading files for a task.

    Args:
        task: Name of the task, for messages.
        reads: What may be said of its files.
        columns: Columns that were asked for, by role.
        settings: Other options that were given.

    Raises:
        ConfigError: An option that means nothing for this task.
    """
    for role in columns:
        if role not in reads.columns:
            raise ConfigError(
                f"{option_of(role)} is not for {task}, whose columns are {', '.join(reads.columns)}: "
                f"{nearest(role, reads.columns)}"
            )
    for name in settings:
        if name != "bad_rows" and name not in reads.settings:
            raise ConfigError(f"--{name.replace('_', '-')} is not for {task}; leave it out.")
    return ReadOptions(columns=dict(columns), **settings)
