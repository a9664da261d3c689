"""What is in a file, a folder or a named corpus."""

from collections.abc import Mapping
from typing import Any

from syntagma.runs.reading import options_for
from syntagma.tasks import registry


def describe(source: str, task: str | None, columns: Mapping[str, str], settings: Mapping[str, Any]) -> Any:
    """Describe a corpus.

    Args:
        source: Path or name of the corpus.
        task: Name of the task that it is for; `None` finds it by the names of the files.
        columns: Columns by role.
        settings: Other options of reading files.

    Raises:
        DataError: The data break a rule.
        ConfigError: There is no such task, or an option that means nothing for it.
    """
    found = registry.task_of_data(source) if task is None else registry.task(task)
    return found.describe(found.read(source, options_for(found.name, found.reads, columns, settings), None))
