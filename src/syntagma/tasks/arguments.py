"""Validation of the arguments that users pass to an estimator in Python."""

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
    """Raise an error if a constructor parameter of an estimator has the wrong type or range.

    Args:
        recipe: Name or path of a recipe, or a `Recipe`.
        settings: Dictionary of changes to the recipe, keyed by setting, such as `{"training.epochs": 5}`, or `None`.
        seed: Integer from 0 to 2^32 - 1.

    Raises:
        ConfigError: If a parameter is invalid.
    """
    if not isinstance(recipe, str | BaseRecipe):
        raise ConfigError(f"recipe must be the name or path of a recipe, or a Recipe; got {recipe!r}.")
    if settings is not None and not (isinstance(settings, Mapping) and all(isinstance(key, str) for key in settings)):
        raise ConfigError(f"settings must be a dictionary such as {{'training.epochs': 5}}; got {settings!r}.")
    if not isinstance(seed, Integral) or isinstance(seed, bool) or not 0 <= int(seed) < _SEEDS:
        raise ConfigError(f"seed must be a whole number from 0 to {_SEEDS - 1}; got {seed!r}.")


def attach_weights(corpus: Corpus, weights: Any) -> Corpus:
    """Return the corpus with `weights` as the sample weights of its training rows.

    Args:
        corpus: Corpus with a train split.
        weights: Array or list with one finite number per training row. No weight may be below 0, and at least one must
            be above 0.

    Raises:
        DataError: If `weights` has the wrong shape or type, or its values are invalid.
    """
    train = corpus.train
    values = np.asarray(weights.tolist() if hasattr(weights, "tolist") else weights)
    if values.dtype.kind not in "biuf" or values.shape != (len(train),):
        raise DataError(
            f"sample_weight needs a number for each of {len(train):,} training rows; got an array of shape "
            f"{values.shape} and type {values.dtype}."
        )
    if not (np.isfinite(values).all() and (values >= 0).all() and (values > 0).any()):
        raise DataError(
            "sample_weight must hold finite numbers of at least zero, not all of them zero; correct the weights."
        )
    return Corpus(corpus.name, {**corpus.splits, "train": replace(train, weights=values.astype(float).tolist())})


def scale_to_mean_one(weights: Any) -> FloatArray | None:
    """Return the weights divided by their mean, as a float32 array, or `None` if `weights` is `None`."""
    if weights is None:
        return None
    values = np.asarray(weights, np.float64)
    scaled: FloatArray = (values / values.mean()).astype(np.float32)
    return scaled
