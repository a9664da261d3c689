"""One step of an LSTM, for loops that compute more than an LSTM at each step."""

from typing import Any

from keras import ops


def lstm_step(x: Any, h: Any, c: Any, kernel: Any, recurrent: Any, bias: Any) -> tuple[Any, Any]:
    """Compute the next states of an LSTM.

        [a_i; a_f; a_g; a_o] = x W + h U + b
        c' = sigmoid(a_f) c + sigmoid(a_i) tanh(a_g),    h' = sigmoid(a_o) tanh(c')

    Args:
        x: Input of the step, (..., D).
        h: Hidden state before the step, (..., H).
        c: Cell state before the step, (..., H).
        kernel: Input weights W, (D, 4 H).
        recurrent: Recurrent weights U, (H, 4 H).
        bias: Bias b, (4 H,), or `None`.

    Returns:
        Hidden state h' and cell state c' after the step, (..., H).

    Reference: Gers, Schmidhuber and Cummins, Learning to Forget: Continual Prediction with LSTM, 2000.
    """
    sums = ops.matmul(x, kernel) + ops.matmul(h, recurrent)
    if bias is not None:
        sums = sums + bias
    gate_in, forget, candidate, gate_out = ops.split(sums, 4, axis=-1)
    c = ops.sigmoid(forget) * c + ops.sigmoid(gate_in) * ops.tanh(candidate)
    return ops.sigmoid(gate_out) * ops.tanh(c), c
