"""What a person gives to a task in Python, checked."""

from collections.abc import Mapping
from dataclasses import replace
from numbers import Integral
from typing import Any

import numpy as np

from syntagma.data.tables.table import Corpus
from syntagma.errors import ConfigError, DataError
from syntagma.recipes.schema import BaseRecipe
from syntagma.shapes import FloatArray

_SEEDS = 1 << 32


def check_parameters(recipe: Any, settings: Any, seed: Any) -> None:
    """Refuse what no recipe, no settings and no seed can be.

    Raises:
        ConfigError: One of them is not.
    """
    if not isinstance(recipe, str | BaseRecipe):
        raise ConfigError(f"recipe must be the name or path of a recipe, or a Recipe; got {recipe!r}.")
    if settings is not None and not (isinstance(settings, Mapping) and all(isinstance(key, str) for key in settings)):
        raise ConfigError(f"settings must be a dictionary such as {{'training.epochs': 5}}; got {settings!r}.")
    if not isinstance(seed, Integral) or isinstance(seed, bool) or not 0 <= int(seed) < _SEEDS:
        raise ConfigError(f"seed must be a whole number from 0 to {_SEEDS - 1}; got {seed!r}.")


def with_weights(corpus: Corpus, weights: Any) -> Corpus:
    """Return a corpus whose training rows have weights.

    Raises:
        DataError: There is not one weight per training row, a finite number of at least 0, and one above 0.
    """
    train = corpus.train
    given = np.asarray(weights.tolist() if hasattr(weights, "tolist") else weights)
    if given.dtype.kind not in "biuf" or given.shape != (len(train),):
        raise DataError(
            f"sample_weight needs a number for each of {len(train):,} training rows; got an array of shape "
            f"{given.shape} and type {given.dtype}."
        )
    if not (np.isfinite(given).all() and (given >= 0).all() and (given > 0).any()):
        raise DataError(
            "sample_weight must hold finite numbers of at least zero, not all of them zero; mend the weights."
        )
    return Corpus(corpus.name, {**corpus.splits, "train": replace(train, weights=given.astype(float).tolist())})


def mean_one(weights: Any) -> FloatArray | None:
    """Return weights divided by their mean, float32, or `None` for none."""
    if weights is None:
        return None
    given = np.asarray(weights, np.float64)
    scaled: FloatArray = (given / given.mean()).astype(np.float32)
    return scaled
