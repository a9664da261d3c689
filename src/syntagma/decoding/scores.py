"""Scores of hypotheses: log-probabilities with penalties for length and missing coverage."""

from typing import Any

from keras import ops

# Log-probability of what is impossible. It is finite, so differences of impossible values are not NaN.
NEVER = -1e30
# Least total attention to a source position; its logarithm bounds the coverage penalty.
_LEAST_ATTENTION = 1e-7


def length_penalty(length: Any, alpha: Any) -> Any:
    """Return the divisor of the log-probability of a hypothesis, ((5 + length) / 6)^alpha.

    Args:
        length: Number of tokens. The end token counts, the start token does not.
        alpha: Exponent. At 0, the result is 1.

    Reference: Wu et al., Google's Neural Machine Translation System, 2016.
    """
    return ((5.0 + length) / 6.0) ** alpha


def coverage_penalty(attention: Any, mask: Any, beta: Any) -> Any:
    """Return the coverage penalty beta * sum_s log min(c_s, 1), which is 0 or negative.

    Args:
        attention: Total attention c to each source position, (..., S).
        mask: Boolean mask that is broadcast to `attention`, `True` at real positions.
        beta: Weight.

    Reference: Wu et al., Google's Neural Machine Translation System, 2016.
    """
    logs = ops.log(ops.clip(attention, _LEAST_ATTENTION, 1.0))
    return beta * ops.sum(ops.where(mask, logs, ops.zeros_like(logs)), axis=-1)
