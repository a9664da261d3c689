"""Syntagma: small sequence models on your own text, with Keras 3.

Importing it imports nothing heavy; the names below are loaded when they are first used. Where nobody has chosen a Keras
backend, it chooses JAX, so import it before Keras. Keras then also finds our layers in the models that it loads.
"""

from importlib import import_module
from typing import Any

from syntagma import backend as _backend
from syntagma import registering as _registering

_backend.choose()
_registering.register()

_HOMES = {
    "Annotation": "syntagma.tasks.labelling.results",
    "Corpus": "syntagma.data.tables.table",
    "Evaluation": "syntagma.tasks.labelling.results",
    "InputError": "syntagma.errors",
    "ReadOptions": "syntagma.data.options",
    "Recipe": "syntagma.tasks.classification.recipe",
    "SeriesClassifier": "syntagma.tasks.series.classifier",
    "SeriesRecipe": "syntagma.tasks.series.recipe",
    "SeriesTable": "syntagma.data.series.table",
    "SequenceTagger": "syntagma.tasks.tagging.tagger",
    "SyntagmaError": "syntagma.errors",
    "TaggedTable": "syntagma.data.sentences.table",
    "TaggedText": "syntagma.tasks.tagging.results",
    "TaggingEvaluation": "syntagma.tasks.tagging.results",
    "TaggingRecipe": "syntagma.tasks.tagging.recipe",
    "TextClassifier": "syntagma.tasks.classification.classifier",
    "TextTable": "syntagma.data.texts.table",
    "load": "syntagma.tasks.registry",
    "load_corpus": "syntagma.data.corpora.registry",
    "split_corpus": "syntagma.data.tables.splits",
}
_ROOMS = ("layers", "ops")

__all__ = [*_HOMES, *_ROOMS]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("syntagma")
    if name in _ROOMS:
        return import_module(f"syntagma.{name}")
    if name not in _HOMES:
        raise AttributeError(f"module 'syntagma' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
