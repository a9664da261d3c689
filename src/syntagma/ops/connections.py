"""Connections between the inputs and the outputs of a layer."""

from typing import Any


def highway(inputs: Any, transformed: Any, gate: Any) -> Any:
    """Mix a layer's input with its transformation by a gate, y = t g + (1 - t) x.

    Args:
        inputs: Input x, (..., D).
        transformed: Transformed input g, (..., D).
        gate: Gate t, (..., D), from 0 (pass the input) to 1 (pass the transformed input).

    Returns:
        Mixture y, (..., D).

    Reference: Srivastava, Greff and Schmidhuber, Highway Networks, 2015.
    """
    return gate * transformed + (1 - gate) * inputs
