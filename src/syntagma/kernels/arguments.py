"""What a recurrent inner loop takes and gives, whichever framework the arrays belong to."""

from typing import Any, NamedTuple, NoReturn

from syntagma.errors import InputError


class LSTMArguments(NamedTuple):
    """The arrays. The gates stand in the order of Keras: input, forget, candidate, output.

    Attributes:
        x: (B, T, D).
        kernel: W, (D, 4 H).
        recurrent: U, (H, 4 H).
        bias: b, (4 H,).
        h0: First state, (B, H).
        c0: First cell, (B, H).
        mask: (B, T) of bool, `True` where a step is real; at others the state stays. `None`: all are.
        x_dropout: Factors of x, the same at all steps: (1, B, D), or (4, B, D) with others for each gate.
        h_dropout: Factors of the state for each gate, the same at all steps, (4, B, H).
        y_dropout: Factors of the outputs, but not of the last state, (B, H).
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
    """How the arrays are read.

    Attributes:
        sequences: Whether the outputs of all steps are wanted.
        backwards: Whether rows are read from the right; outputs stand at the places of their inputs all the same.
        zero_output: What an output is where a step is not real: zero, or the output before it in the order of reading,
            and before the first real step the first state.
        share_prefix: Whether steps at the beginning that are the same in several rows, bit for bit, may be read once.
            The gradients of their inputs then stand, summed, in one of these rows: right wherever equal inputs come
            from the same variables, as behind an embedding. Without a mask, dropout and `backwards` only.
    """

    sequences: bool = True
    backwards: bool = False
    zero_output: bool = False
    share_prefix: bool = False


class LSTMResults(NamedTuple):
    """The last state and cell, (B, H), and all outputs (B, T, H) where they are wanted, else `None`."""

    h: Any
    c: Any
    y: Any = None


def refuse_second_gradients(*_: Any) -> NoReturn:
    """The rule by which a gradient of the kernel would be differentiated.

    Raises:
        InputError: Always; there is none.
    """
    raise InputError(
        "The LSTM kernel has gradients, but no gradients of gradients. Use `LSTM(kernel='framework')`, Keras' own loop."
    )
