"""Copies of an initializer that is used for several weights."""

from typing import Any


def clone_initializer(initializer: Any) -> Any:
    """Return an independent copy of the initializer, or the initializer itself if it cannot be cloned.

    Without a copy, weights of the same shape would start with equal values, because each call to the same Keras
    initializer draws the same values.
    """
    return initializer.clone() if hasattr(initializer, "clone") else initializer
