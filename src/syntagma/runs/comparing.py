"""Comparison of the models of two runs on the same rows."""

from pathlib import Path

from syntagma.errors import DataError
from syntagma.runs.folder import RunFolder
from syntagma.tasks import registry
from syntagma.tasks.results import Displayable


def compare(first: Path, second: Path, split: str = "test") -> Displayable:
    """Compare the stored predictions of two runs on the same rows with significance tests.

    Args:
        first: Run folder of the first model.
        second: Run folder of the second model.
        split: Split whose stored predictions are compared.

    Returns:
        The comparison, which can be shown as text or JSON. Each difference is the score of the first model minus the
        score of the second.

    Raises:
        FolderError: If a folder is not a run folder, or has no predictions for the split.
        DataError: If the runs were scored on different rows or labels, or belong to different tasks.
    """
    folders = [RunFolder(path) for path in (first, second)]
    for folder in folders:
        folder.read()
    models = [registry.load(folder.path) for folder in folders]
    if models[0].recipe_.task != models[1].recipe_.task:
        raise DataError(f"{first} and {second} belong to different tasks and cannot be compared.")
    task = registry.task(models[0].recipe_.task)
    pairs = zip(folders, models, strict=True)
    one, other = (task.read_predictions(folder.predictions, split, model) for folder, model in pairs)
    return task.compare(one, other, (str(first), str(second)), split)
