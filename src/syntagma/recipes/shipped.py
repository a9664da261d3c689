"""Recipe files that ship with the package. They are read without validation and without importing Keras."""

from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

from syntagma.config import nearest, parse_yaml
from syntagma.errors import ConfigError


def names() -> list[str]:
    """Return the names of the shipped recipes."""
    return sorted(_files())


def read(name: str) -> dict[str, Any]:
    """Return the settings in the file of a shipped recipe. Settings with their default values may be missing.

    Raises:
        ConfigError: If the recipe does not exist; the message suggests the nearest name.
    """
    if name not in names():
        raise ConfigError(
            f"there is no recipe {name!r}: {nearest(name, names())} (The path of a recipe file must end in .yaml.)"
        )
    return parse_yaml(_files()[name].read_text(encoding="utf-8"), where=f"{name}.yaml")


def _files() -> dict[str, Traversable]:
    """Return a dictionary of the recipe files, keyed by recipe name. Each task has its own folder."""
    folders = [entry for entry in resources.files("syntagma.recipes").iterdir() if entry.is_dir()]
    files = [file for folder in folders for file in folder.iterdir()]
    return {file.name.removesuffix(".yaml"): file for file in files if file.name.endswith(".yaml")}
