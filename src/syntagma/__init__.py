"""Syntagma: small sequence models on your own text, with Keras 3.

Importing the package is fast: the public names are loaded when they are first used. If no Keras backend is configured,
the import selects JAX, so import syntagma before Keras. The import also registers the layers of Syntagma with Keras,
so that Keras finds them in saved models.
"""

from importlib import import_module
from typing import Any

from syntagma import backend as _backend
from syntagma import registering as _registering

_backend.choose()
_registering.register()

_MODULES = {
    "Annotation": "syntagma.tasks.labelling.results",
    "Corpus": "syntagma.data.tables.table",
    "Evaluation": "syntagma.tasks.labelling.results",
    "GeneratedText": "syntagma.tasks.generation.results",
    "GenerationEvaluation": "syntagma.tasks.generation.results",
    "GenerationRecipe": "syntagma.tasks.generation.recipe",
    "InputError": "syntagma.errors",
    "PairTable": "syntagma.data.pairs.table",
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
    "TextGenerator": "syntagma.tasks.generation.generator",
    "TextTable": "syntagma.data.texts.table",
    "load": "syntagma.tasks.registry",
    "load_corpus": "syntagma.data.corpora.registry",
    "split_corpus": "syntagma.data.tables.splits",
}
_SUBPACKAGES = ("decoding", "layers", "ops")

__all__ = [*_MODULES, *_SUBPACKAGES]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("syntagma")
    if name in _SUBPACKAGES:
        return import_module(f"syntagma.{name}")
    if name not in _MODULES:
        raise AttributeError(f"module 'syntagma' has no attribute {name!r}")
    return getattr(import_module(_MODULES[name]), name)


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
