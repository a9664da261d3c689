"""Walks over time that keep the state before each step."""

from collections.abc import Callable
from typing import Any

from keras import ops

from syntagma import backend
from syntagma.eager import walk


def states(step: Callable[..., Any], start: Any, parts: tuple[Any, ...], *, reverse: bool = False) -> tuple[Any, Any]:
    """Return the state before each step, (B, T, ...), and the state after all of them.

    Args:
        step: Function of a state and of each part at one step, (B, ...), that returns the next state.
        start: First state, (B, ...). All states have its shape and dtype.
        parts: One tensor (B, T, ...), or several of shapes (B, T, D) with different D and of one dtype.
        reverse: Whether to walk from the last step to the first.
    """
    if backend.name() == "torch":
        return walk(step, start, parts, reverse)
    # In one tensor: under TensorFlow a scan of several wants to know T beforehand.
    ends = [sum(part.shape[-1] for part in parts[:count]) for count in range(1, len(parts))]
    packed = parts[0] if len(parts) == 1 else ops.concatenate(parts, axis=-1)

    def one(state: Any, now: Any) -> tuple[Any, Any]:
        return step(state, *(ops.split(now, ends, axis=-1) if ends else [now])), state

    last, found = ops.scan(one, start, ops.moveaxis(packed, 1, 0), reverse=reverse)
    return ops.moveaxis(found, 0, 1), last
