"""Reference implementation of the LSTM in NumPy, in float64. All kernels must compute the same results."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from syntagma.shapes import AnyArray, BoolArray

_GATES = 4


@dataclass(frozen=True)
class LSTMInputs:
    """Inputs of the reference LSTM: the arrays of `LSTMArguments` and two of the `LSTMOptions`.

    The mask is required. `x_dropout` has shape (B, D) with the same factors for all gates, or (4, B, D) with separate
    factors per gate.
    """

    x: AnyArray
    kernel: AnyArray
    recurrent: AnyArray
    bias: AnyArray
    h0: AnyArray
    c0: AnyArray
    mask: BoolArray
    x_dropout: AnyArray | None = None
    h_dropout: AnyArray | None = None
    y_dropout: AnyArray | None = None
    backwards: bool = False
    zero_output: bool = False


class LSTMStep(NamedTuple):
    """Values of one step that backpropagation needs.

    Attributes:
        t: Index of the step.
        inputs: Inputs after dropout, one array (B, D) per gate.
        states: Previous hidden state after dropout, one array (B, H) per gate.
        gates: Activations of the gates, one array (B, H) per gate.
        c_before: Cell state before the step, (B, H).
        c: New cell state, (B, H), which is also computed at masked steps.
    """

    t: int
    inputs: list[AnyArray]
    states: list[AnyArray]
    gates: list[AnyArray]
    c_before: AnyArray
    c: AnyArray


class LSTMOutputs(NamedTuple):
    """Results of the reference LSTM.

    Attributes:
        y: Outputs of all steps, (B, T, H).
        h: Final hidden state, (B, H).
        c: Final cell state, (B, H).
        steps: Values that backpropagation needs, one entry per step in processing order.
    """

    y: AnyArray
    h: AnyArray
    c: AnyArray
    steps: list[LSTMStep]


class LSTMGradients(NamedTuple):
    """Gradients with respect to the inputs and weights, each with the shape of the same field of `LSTMInputs`."""

    x: AnyArray
    kernel: AnyArray
    recurrent: AnyArray
    bias: AnyArray
    h0: AnyArray
    c0: AnyArray


def lstm(inputs: LSTMInputs) -> LSTMOutputs:
    """Run the LSTM in NumPy.

        a   = x_t W + h_{t-1} U + b
        c_t = sigmoid(a_f) c_{t-1} + sigmoid(a_i) tanh(a_g)
        h_t = sigmoid(a_o) tanh(c_t)

    References: Hochreiter and Schmidhuber, Long Short-Term Memory, 1997; the forget gate: Gers et al., 2000.
    """
    rows, time, _ = inputs.x.shape
    h, c = inputs.h0, inputs.c0
    y, output, steps = np.zeros((rows, time, h.shape[1])), h if inputs.y_dropout is None else h * inputs.y_dropout, []
    for t in range(time - 1, -1, -1) if inputs.backwards else range(time):
        real = inputs.mask[:, t, None]
        x_t = [inputs.x[:, t] * factors for factors in _factors_per_gate(inputs.x_dropout)]
        states = [h * factors for factors in _factors_per_gate(inputs.h_dropout)]
        a = inputs.bias + _products(x_t, inputs.kernel) + _products(states, inputs.recurrent)
        a_i, a_f, a_g, a_o = np.split(a, _GATES, axis=1)
        i, f, g, o = _sigmoid(a_i), _sigmoid(a_f), np.tanh(a_g), _sigmoid(a_o)
        c_new = f * c + i * g
        h_new = o * np.tanh(c_new)
        steps.append(LSTMStep(t, x_t, states, [i, f, g, o], c, c_new))
        h, c = np.where(real, h_new, h), np.where(real, c_new, c)
        y_new = h_new if inputs.y_dropout is None else h_new * inputs.y_dropout
        output = np.where(real, y_new, 0 if inputs.zero_output else output)
        y[:, t] = output
    return LSTMOutputs(y, h, c, steps)


def lstm_gradients(
    inputs: LSTMInputs, steps: list[LSTMStep], dy: AnyArray, dh: AnyArray, dc: AnyArray
) -> LSTMGradients:
    """Compute the gradients by backpropagation through time.

    Args:
        inputs: Inputs of the forward pass.
        steps: Field `steps` of the result of the forward pass.
        dy: Gradients with respect to all outputs, (B, T, H).
        dh: Gradient with respect to the final hidden state, (B, H).
        dc: Gradient with respect to the final cell state, (B, H).
    """
    d_x, d_kernel, d_recurrent = (np.zeros_like(one) for one in (inputs.x, inputs.kernel, inputs.recurrent))
    d_bias, repeated = np.zeros_like(inputs.bias), np.zeros_like(dh)
    for step in reversed(steps):
        real = inputs.mask[:, step.t, None]
        i, f, g, o = step.gates
        # An output that is repeated at masked steps also receives the gradients of these steps.
        d_output = dy[:, step.t] + repeated
        repeated = np.where(real | inputs.zero_output, 0, d_output)
        d_output = d_output if inputs.y_dropout is None else d_output * inputs.y_dropout
        d_h = np.where(real, dh + d_output, 0)
        tanh_c = np.tanh(step.c)
        d_c = np.where(real, dc, 0) + d_h * o * (1 - tanh_c**2)
        parts = [
            d_c * g * i * (1 - i),
            d_c * step.c_before * f * (1 - f),
            d_c * i * (1 - g**2),
            d_h * tanh_c * o * (1 - o),
        ]
        d_before = _products_back(parts, inputs.recurrent, inputs.h_dropout)
        d_x[:, step.t] = _products_back(parts, inputs.kernel, inputs.x_dropout)
        d_recurrent += np.concatenate([h.T @ part for h, part in zip(step.states, parts, strict=True)], axis=1)
        d_kernel += np.concatenate([x.T @ part for x, part in zip(step.inputs, parts, strict=True)], axis=1)
        d_bias += np.concatenate(parts, axis=1).sum(axis=0)
        dh, dc = np.where(real, d_before, dh), np.where(real, d_c * f, dc)
    repeated = repeated if inputs.y_dropout is None else repeated * inputs.y_dropout
    return LSTMGradients(d_x, d_kernel, d_recurrent, d_bias, dh + repeated, dc)


def _factors_per_gate(factors: AnyArray | None) -> list[AnyArray]:
    """Return one array of dropout factors per gate, given common factors (B, D), separate ones (4, B, D), or `None`."""
    if factors is None:
        return [np.ones(())] * _GATES
    return list(factors) if factors.ndim == 3 else [factors] * _GATES


def _products(inputs: list[AnyArray], weights: AnyArray) -> AnyArray:
    """Multiply the inputs (B, D) of each gate by that gate's columns of the weights (D, 4 H), and return (B, 4 H)."""
    columns = np.split(weights, _GATES, axis=1)
    return np.concatenate([one @ part for one, part in zip(inputs, columns, strict=True)], axis=1)


def _products_back(parts: list[AnyArray], weights: AnyArray, factors: AnyArray | None) -> AnyArray:
    """Return the gradient (B, D) with respect to the inputs before dropout, given one gradient (B, H) per gate."""
    columns = zip(parts, np.split(weights, _GATES, axis=1), _factors_per_gate(factors), strict=True)
    back: AnyArray = sum(part @ some.T * mask for part, some, mask in columns)
    return back


def _sigmoid(x: AnyArray) -> AnyArray:
    positive: AnyArray = 1 / (1 + np.exp(-np.abs(x)))
    return np.where(x >= 0, positive, 1 - positive)
