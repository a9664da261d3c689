"""Two runs on the same test rows: is one better?"""

from pathlib import Path

from syntagma.errors import DataError
from syntagma.runs.folder import RunFolder
from syntagma.tasks import registry
from syntagma.tasks.results import Displayable


def compare(first: Path, second: Path, split: str = "test") -> Displayable:
    """Compare two runs by their stored predictions.

    Raises:
        FolderError: A folder is no run, or lacks the split.
        DataError: The runs were scored on other rows or with other labels, or are for different tasks.
    """
    folders = [RunFolder(path) for path in (first, second)]
    for folder in folders:
        folder.read()
    models = [registry.load(folder.path) for folder in folders]
    if models[0].recipe_.task != models[1].recipe_.task:
        raise DataError(f"{first} and {second} are for different tasks; they cannot be compared.")
    task = registry.task(models[0].recipe_.task)
    pairs = zip(folders, models, strict=True)
    one, other = (task.read_predictions(folder.predictions, split, model) for folder, model in pairs)
    return task.compare(one, other, (str(first), str(second)), split)
