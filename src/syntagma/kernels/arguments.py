"""Arguments and results of the LSTM's inner loop, independent of the framework."""

from typing import Any, NamedTuple, NoReturn

from syntagma.errors import InputError


class LSTMArguments(NamedTuple):
    """Arrays that the inner loop reads. The gates have the order of Keras: input, forget, candidate, output.

    Attributes:
        x: Inputs, (B, T, D).
        kernel: W, (D, 4 H).
        recurrent: U, (H, 4 H).
        bias: b, (4 H,).
        h0: Initial hidden state, (B, H).
        c0: Initial cell state, (B, H).
        mask: Boolean mask (B, T), `True` at real steps; the states do not change at other steps. `None`: all steps are
            real.
        x_dropout: Factors of x, the same at all steps: (1, B, D), or (4, B, D) with separate factors per gate.
        h_dropout: Factors of the hidden state for each gate, the same at all steps, (4, B, H).
        y_dropout: Factors of the outputs, but not of the final state, (B, H).
    """

    x: Any
    kernel: Any
    recurrent: Any
    bias: Any
    h0: Any
    c0: Any
    mask: Any = None
    x_dropout: Any = None
    h_dropout: Any = None
    y_dropout: Any = None


class LSTMOptions(NamedTuple):
    """Options of the inner loop.

    Attributes:
        sequences: Whether to return the outputs of all steps.
        backwards: Whether to process the rows from right to left. Outputs keep the positions of their inputs.
        zero_output: Output at masked steps: if True, zero; otherwise the previous output in processing order, and the
            initial state before the first real step.
        share_prefix: Whether to compute leading steps that are identical in several rows, bit for bit, only once. The
            summed gradients of their inputs are then assigned to one of these rows, which is correct if equal inputs
            come from the same variables, as after an embedding. Requires that there is no mask or dropout, and that
            `backwards` is False.
    """

    sequences: bool = True
    backwards: bool = False
    zero_output: bool = False
    share_prefix: bool = False


class LSTMResults(NamedTuple):
    """Results of the inner loop.

    Attributes:
        h: Final hidden state, (B, H).
        c: Final cell state, (B, H).
        y: Outputs of all steps, (B, T, H), or `None` if not requested.
    """

    h: Any
    c: Any
    y: Any = None


def refuse_second_gradients(*_: Any) -> NoReturn:
    """Raise an error, as the derivative rule of the kernel's gradients.

    Raises:
        InputError: Always, because the kernel has no second derivatives.
    """
    raise InputError(
        "The LSTM kernel has no gradients of gradients. Use `LSTM(kernel='framework')`, which runs Keras' own loop."
    )
