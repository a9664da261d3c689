"""Recursions over time that keep the state before each step."""

from collections.abc import Callable
from typing import Any

from keras import ops

from syntagma import backend
from syntagma.lazy_tensors import loop_states


def scan_states(
    step: Callable[..., Any], start: Any, parts: tuple[Any, ...], *, reverse: bool = False
) -> tuple[Any, Any]:
    """Run a recursion over time, and return the state before each step.

    Args:
        step: Function that returns the next state, given a state (B, ...) and the values (B, ...) of each part at one
            step.
        start: Initial state, (B, ...). All states have the same shape and dtype.
        parts: Inputs of the recursion: one tensor (B, T, ...), or several tensors (B, T, D) of the same dtype, whose D
            may differ.
        reverse: Whether to run from the last step to the first.

    Returns:
        States before each step, (B, T, ...), and the state after the last step, (B, ...).
    """
    if backend.name() == "torch":
        return loop_states(step, start, parts, reverse)
    # The parts are packed into one tensor, because a TensorFlow scan over several tensors needs a known T.
    ends = [sum(part.shape[-1] for part in parts[:count]) for count in range(1, len(parts))]
    packed = parts[0] if len(parts) == 1 else ops.concatenate(parts, axis=-1)

    def step_once(state: Any, now: Any) -> tuple[Any, Any]:
        return step(state, *(ops.split(now, ends, axis=-1) if ends else [now])), state

    last, before = ops.scan(step_once, start, ops.moveaxis(packed, 1, 0), reverse=reverse)
    return ops.moveaxis(before, 0, 1), last
