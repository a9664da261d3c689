"""How the outputs of a layer and its inputs come together."""

from typing import Any


def highway(inputs: Any, transformed: Any, gate: Any) -> Any:
    """Y = t g + (1 - t) x: what a layer made of its input, and the input, mixed by a gate.

    Args:
        inputs: x, (..., D).
        transformed: g, (..., D).
        gate: t, (..., D), from 0 (the input passes) to 1 (what was made of it).

    Returns:
        (..., D).

    Reference: Srivastava, Greff and Schmidhuber, Highway Networks, 2015.
    """
    return gate * transformed + (1 - gate) * inputs
