"""Arguments and results of the LSTM's inner loop, independent of the framework."""

from typing import Any, NamedTuple, NoReturn

from syntagma.errors import InputError


class LSTMArguments(NamedTuple):
    """Arrays that the LSTM's inner loop reads. The gates are in the order of Keras: input, forget, candidate, output.

    Attributes:
        x: Inputs, (B, T, D).
        kernel: W, (D, 4 H).
        recurrent: U, (H, 4 H).
        bias: b, (4 H,).
        h0: Initial hidden state, (B, H).
        c0: Initial cell state, (B, H).
        mask: Boolean mask (B, T), `True` at real steps, or `None` if all steps are real. The states do not change at
            masked steps.
        x_dropout: Dropout factors of x, the same at all steps, (1, B, D), or (4, B, D) with separate factors per gate.
        h_dropout: Dropout factors of the hidden state for each gate, the same at all steps, (4, B, H).
        y_dropout: Dropout factors of the outputs, (B, H). They are not applied to the final hidden state.
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
    """Options of the LSTM's inner loop.

    Attributes:
        sequences: Whether to return the outputs of all steps.
        backwards: Whether to process the rows from right to left. Outputs keep the positions of their inputs.
        zero_output: Whether the outputs at masked steps are zero. If not, the output before the masked step, in
            processing order, is repeated. Before the first real step, the initial hidden state is used instead.
        share_prefix: Whether to compute leading steps only once if they are identical, bit for bit, in several rows.
            The gradients of the inputs at these steps are then summed and assigned to one of the rows. This is correct
            if equal inputs come from the same variables, such as those of an embedding. Requires that there is no mask
            or dropout, and that `backwards` is False.
    """

    sequences: bool = True
    backwards: bool = False
    zero_output: bool = False
    share_prefix: bool = False


class LSTMResults(NamedTuple):
    """Results of the LSTM's inner loop.

    Attributes:
        h: Final hidden state, (B, H).
        c: Final cell state, (B, H).
        y: Outputs of all steps, (B, T, H), or `None` if `LSTMOptions.sequences` is False.
    """

    h: Any
    c: Any
    y: Any = None


def refuse_second_gradients(*_: Any) -> NoReturn:
    """Raise an error when the gradients of the kernel are differentiated again.

    Raises:
        InputError: Always, because the kernel has no second derivatives.
    """
    raise InputError(
        "The LSTM kernel has no gradients of gradients. Use `LSTM(kernel='framework')`, which runs Keras' own loop."
    )
