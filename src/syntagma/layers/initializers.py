"""Initial values that differ from weight to weight."""

from typing import Any


def fresh(initializer: Any) -> Any:
    """The initializer to be used once: Keras' own draw the same values whenever they are called with the same shape."""
    return initializer.clone() if hasattr(initializer, "clone") else initializer
