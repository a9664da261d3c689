"""Initializers that are used for several weights."""

from typing import Any


def clone_initializer(initializer: Any) -> Any:
    """Return an independent copy of the initializer.

    Keras' own initializers draw the same values each time they are called with the same shape.
    """
    return initializer.clone() if hasattr(initializer, "clone") else initializer
