"""Syntagma: small sequence models on your own text, with Keras 3.

Importing it imports nothing heavy; the names below are loaded when they are first used. Where nobody has chosen a Keras
backend, it chooses JAX, so import it before Keras.
"""

from importlib import import_module
from typing import Any

from syntagma import backend as _backend

_backend.choose()

_HOMES = {
    "Annotation": "syntagma.tasks.classification.results",
    "Corpus": "syntagma.data.tables.table",
    "Evaluation": "syntagma.tasks.classification.results",
    "InputError": "syntagma.errors",
    "ReadOptions": "syntagma.data.texts.reading",
    "Recipe": "syntagma.recipes.schema",
    "SequenceTagger": "syntagma.tasks.tagging.tagger",
    "SyntagmaError": "syntagma.errors",
    "Table": "syntagma.data.tables.table",
    "TaggedReadOptions": "syntagma.data.sentences.reading",
    "TaggedTable": "syntagma.data.sentences.table",
    "TextClassifier": "syntagma.tasks.classification.classifier",
    "load": "syntagma.tasks.loading",
    "load_corpus": "syntagma.data.corpora.texts",
    "read_tagged_corpus": "syntagma.data.sentences.reading",
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
