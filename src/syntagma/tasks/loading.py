"""Loading any saved model as the task it belongs to."""

from pathlib import Path

from syntagma import bundle
from syntagma.tasks.classifier import TextClassifier


def load(path: str | Path) -> TextClassifier:
    """Loads a saved model, ready to predict.

    Args:
        path: A folder that `save` wrote, or a run folder.

    Raises:
        BundleError: A file is missing, changed, too large or of a newer format; the message names it.
    """
    return TextClassifier.from_bundle(bundle.load(path))
