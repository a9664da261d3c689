"""The recipe files that come with the package, as they are written; reading them needs no Keras."""

from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

from syntagma.config import nearest, parse_yaml
from syntagma.errors import ConfigError


def names() -> list[str]:
    """Return the names of the shipped recipes."""
    return sorted(_files())


def read(name: str) -> dict[str, Any]:
    """Return the settings that a shipped recipe writes out; the others have their defaults.

    Raises:
        ConfigError: There is no such recipe; the nearest name is given.
    """
    if name not in names():
        raise ConfigError(
            f"there is no recipe {name!r}: {nearest(name, names())} (A recipe file needs a path that ends in .yaml.)"
        )
    return parse_yaml(_files()[name].read_text(encoding="utf-8"), where=f"{name}.yaml")


def _files() -> dict[str, Traversable]:
    """Return the files by name of the recipe; they are in a folder per task."""
    folders = [entry for entry in resources.files("syntagma.recipes").iterdir() if entry.is_dir()]
    files = [file for folder in folders for file in folder.iterdir()]
    return {file.name.removesuffix(".yaml"): file for file in files if file.name.endswith(".yaml")}
