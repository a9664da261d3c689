"""The LSTM in plain NumPy: slow, readable, float64. What every other kernel must give."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from syntagma.shapes import AnyArray, BoolArray

_GATES = 4


@dataclass(frozen=True)
class LSTMInputs:
    """What goes in: the arrays of `LSTMArguments` (but `x_dropout` of one kind is (B, D)) and two of `LSTMOptions`."""

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
    """What the gradients need of a step: its place, masked inputs and states, gates, and the cell before and after."""

    t: int
    inputs: list[AnyArray]
    states: list[AnyArray]
    gates: list[AnyArray]
    c_before: AnyArray
    c: AnyArray


class LSTMOutputs(NamedTuple):
    """All outputs (B, T, H), the last state and cell (B, H), and the steps in the order of reading."""

    y: AnyArray
    h: AnyArray
    c: AnyArray
    steps: list[LSTMStep]


class LSTMGradients(NamedTuple):
    """Of everything that is learned or may be, in the shape of the inputs."""

    x: AnyArray
    kernel: AnyArray
    recurrent: AnyArray
    bias: AnyArray
    h0: AnyArray
    c0: AnyArray


def lstm(inputs: LSTMInputs) -> LSTMOutputs:
    """Reads the sequences.

        a   = x_t W + h_{t-1} U + b
        c_t = sigmoid(a_f) c_{t-1} + sigmoid(a_i) tanh(a_g)
        h_t = sigmoid(a_o) tanh(c_t)

    Reference: Hochreiter and Schmidhuber, Long Short-Term Memory, 1997; the forget gate: Gers et al., 2000.
    """
    rows, time, _ = inputs.x.shape
    h, c = inputs.h0, inputs.c0
    y, output, steps = np.zeros((rows, time, h.shape[1])), h if inputs.y_dropout is None else h * inputs.y_dropout, []
    for t in range(time - 1, -1, -1) if inputs.backwards else range(time):
        real = inputs.mask[:, t, None]
        x_t = [inputs.x[:, t] * factors for factors in _of_gates(inputs.x_dropout)]
        states = [h * factors for factors in _of_gates(inputs.h_dropout)]
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
    """Back through time.

    Args:
        inputs: As they went in.
        steps: As they came out.
        dy: Gradients of all outputs, (B, T, H).
        dh: Of the last state, (B, H).
        dc: Of the last cell, (B, H).
    """
    d_x, d_kernel, d_recurrent = (np.zeros_like(one) for one in (inputs.x, inputs.kernel, inputs.recurrent))
    d_bias, repeated = np.zeros_like(inputs.bias), np.zeros_like(dh)
    for step in reversed(steps):
        real = inputs.mask[:, step.t, None]
        i, f, g, o = step.gates
        # An output that is repeated at steps which are not real gets their gradients too.
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


def _of_gates(factors: AnyArray | None) -> list[AnyArray]:
    """Factors for each gate, from none, one kind (B, D), or four (4, B, D)."""
    if factors is None:
        return [np.ones(())] * _GATES
    return list(factors) if factors.ndim == 3 else [factors] * _GATES


def _products(of_gates: list[AnyArray], weights: AnyArray) -> AnyArray:
    """(B, D) for each gate times that gate's columns of the weights (D, 4 H): (B, 4 H)."""
    columns = np.split(weights, _GATES, axis=1)
    return np.concatenate([one @ some for one, some in zip(of_gates, columns, strict=True)], axis=1)


def _products_back(parts: list[AnyArray], weights: AnyArray, factors: AnyArray | None) -> AnyArray:
    """What gradients (B, H) of the four gates mean for what was multiplied with the weights (D, 4 H): (B, D)."""
    columns = zip(parts, np.split(weights, _GATES, axis=1), _of_gates(factors), strict=True)
    back: AnyArray = sum(part @ some.T * mask for part, some, mask in columns)
    return back


def _sigmoid(x: AnyArray) -> AnyArray:
    positive: AnyArray = 1 / (1 + np.exp(-np.abs(x)))
    return np.where(x >= 0, positive, 1 - positive)
