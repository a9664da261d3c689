"""Decoding of sequences from any model that predicts the next token: beam search and sampling."""

from importlib import import_module
from typing import Any

# Imported when they are first used, so that settings can be read without Keras.
_MODULES = {
    "Automaton": "automaton",
    "BeamConfig": "config",
    "BeamSearch": "beam_search",
    "Hypothesis": "results",
    "Prediction": "rules",
    "Sampler": "sampling",
    "SamplingConfig": "config",
    "SearchResult": "results",
    "Step": "rules",
}

__all__ = [*_MODULES]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module 'syntagma.decoding' has no attribute {name!r}")
    return getattr(import_module(f"syntagma.decoding.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
