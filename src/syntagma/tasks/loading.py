"""Loading any saved model as the task it belongs to."""

from pathlib import Path

from syntagma import bundle
from syntagma.recipes.schema import TaggingRecipe
from syntagma.tasks.classification.classifier import TextClassifier
from syntagma.tasks.tagging.tagger import SequenceTagger


def load(path: str | Path) -> TextClassifier | SequenceTagger:
    """Loads a saved model, ready to predict.

    Args:
        path: A folder that `save` wrote, or a run folder.

    Raises:
        BundleError: A file is missing, changed, too large or of a newer format; the message names it.
    """
    content = bundle.load(path)
    if isinstance(content.recipe, TaggingRecipe):
        return SequenceTagger.from_bundle(content)
    return TextClassifier.from_bundle(content)
