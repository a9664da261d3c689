"""The recipe files that come with the package, as they are written; reading them needs no Keras."""

from importlib import resources
from typing import Any

from syntagma.config import nearest, parse_yaml
from syntagma.errors import ConfigError


def names() -> list[str]:
    """The names of the shipped recipes."""
    files = resources.files("syntagma.recipes").iterdir()
    return sorted(file.name.removesuffix(".yaml") for file in files if file.name.endswith(".yaml"))


def read(name: str) -> dict[str, Any]:
    """The settings that a shipped recipe writes out; the others have their defaults.

    Raises:
        ConfigError: There is no such recipe; the nearest name is given.
    """
    if name not in names():
        raise ConfigError(
            f"there is no recipe {name!r}: {nearest(name, names())} (A recipe file needs a path that ends in .yaml.)"
        )
    text = (resources.files("syntagma.recipes") / f"{name}.yaml").read_text(encoding="utf-8")
    return parse_yaml(text, where=f"{name}.yaml")
