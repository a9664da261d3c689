"""What a person gives to a task in Python, checked."""

from collections.abc import Mapping
from numbers import Integral
from typing import Any

from syntagma.errors import ConfigError
from syntagma.recipes.schema import BaseRecipe

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
