"""The kernel under PyTorch: two operators with autograd, in eager code and in `torch.compile`."""

import weakref
from typing import Any

import numpy as np
import torch
from torch import Tensor

from syntagma.kernels import native
from syntagma.kernels.arguments import LSTMArguments, LSTMOptions, LSTMResults, refuse_second_gradients
from syntagma.shapes import IntArray


def lstm(arguments: LSTMArguments, options: LSTMOptions) -> LSTMResults:
    """Reads the sequences; see `LSTMArguments` and `LSTMOptions`. Tensors are float32 on the CPU, the mask is bool.

    Mask and dropout have no gradients; gradients of gradients are an error.
    """
    # What has no gradients must not ask for any: autograd goes by all tensors.
    arguments = LSTMArguments(*arguments[:6], *(None if one is None else one.detach() for one in arguments[6:]))
    keep = torch.is_grad_enabled() and any(array.requires_grad for array in arguments[:6])
    h, c, y, _ = _forward(*arguments, *options, keep)
    return LSTMResults(h, c, y if options.sequences else None)


def is_transformed(tensor: Any) -> bool:
    """Return whether a transform of `torch.func` is at work, or a forward-mode derivative is wanted."""
    if torch._C._functorch.peek_interpreter_stack() is not None:
        return True
    return isinstance(tensor, Tensor) and torch.autograd.forward_ad.unpack_dual(tensor).tangent is not None


@torch.library.custom_op("syntagma::lstm_forward", mutates_args=(), device_types="cpu")
def _forward(  # noqa: PLR0913 - an operator's schema is read from its signature
    x: Tensor,
    kernel: Tensor,
    recurrent: Tensor,
    bias: Tensor,
    h0: Tensor,
    c0: Tensor,
    mask: Tensor | None,
    x_dropout: Tensor | None,
    h_dropout: Tensor | None,
    y_dropout: Tensor | None,
    sequences: bool,
    backwards: bool,
    zero_output: bool,
    share_prefix: bool,
    keep: bool,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    arrays = _dense([x, kernel, recurrent, bias, h0, c0, mask, x_dropout, h_dropout, y_dropout])
    h, c, y, _ = _empty_results(x, h0, sequences, keep)
    names = np.zeros((x.shape[0] if keep else 0, 2), np.int32)
    outputs = native.Outputs(
        h=h.data_ptr(),
        c=c.data_ptr(),
        y=y.data_ptr() if sequences else None,
        kept=names.ctypes.data if keep else None,
    )
    native.required().forward(_inputs(arrays, LSTMOptions(sequences, backwards, zero_output, share_prefix)), outputs)
    return h, c, y, _forgotten_with(names)


def _forgotten_with(names: IntArray) -> Tensor:
    """Return the name of what is kept (B, 2); when the last graph that holds it is gone, what it names is, too."""
    if len(names):
        weakref.finalize(names, native.required().forget, int(names[0].view(np.int64)[0])).atexit = False
    return torch.from_numpy(names)


@_forward.register_fake
def _(x: Tensor, *arrays: Any) -> tuple[Tensor, ...]:
    return _empty_results(x, arrays[3], sequences=arrays[-5], keep=arrays[-1])


@torch.library.custom_op("syntagma::lstm_backward", mutates_args=(), device_types="cpu")
def _backward(  # noqa: PLR0913
    x: Tensor,
    kernel: Tensor,
    recurrent: Tensor,
    bias: Tensor,
    h0: Tensor,
    c0: Tensor,
    mask: Tensor | None,
    x_dropout: Tensor | None,
    h_dropout: Tensor | None,
    y_dropout: Tensor | None,
    kept: Tensor,
    dh: Tensor | None,
    dc: Tensor | None,
    dy: Tensor | None,
    backwards: bool,
    zero_output: bool,
    share_prefix: bool,
) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor, Tensor]:
    arrays = _dense([x, kernel, recurrent, bias, h0, c0, mask, x_dropout, h_dropout, y_dropout])
    from_above = _dense([dh, dc, dy])
    kept = kept.contiguous()
    found = tuple(torch.empty_like(array) for array in arrays[:6] if array is not None)
    names = ("dx", "dkernel", "drecurrent", "dbias", "dh0", "dc0")
    gradients = native.Gradients(
        kept=kept.data_ptr(),
        **dict(zip(("dh", "dc", "dy"), map(_address, from_above), strict=True)),
        **{name: array.data_ptr() for name, array in zip(names, found, strict=True)},
    )
    native.required().backward(_inputs(arrays, LSTMOptions(True, backwards, zero_output, share_prefix)), gradients)
    return found


@_backward.register_fake
def _(x: Tensor, kernel: Tensor, recurrent: Tensor, bias: Tensor, h0: Tensor, c0: Tensor, *others: Any) -> Any:
    return tuple(
        torch.empty_like(array, memory_format=torch.contiguous_format) for array in (x, kernel, recurrent, bias, h0, c0)
    )


def _keep_for_gradients(ctx: Any, inputs: tuple[Any, ...], output: tuple[Tensor, ...]) -> None:
    arrays, options = inputs[:10], inputs[10:-1]
    ctx.save_for_backward(*arrays, output[3])
    ctx.options = LSTMOptions(*options)
    ctx.set_materialize_grads(False)


def _gradients(ctx: Any, dh: Tensor | None, dc: Tensor | None, dy: Tensor | None, _: Any) -> tuple[Any, ...]:
    *arrays, kept = ctx.saved_tensors
    options = ctx.options
    dy = dy if options.sequences else None
    found = _backward(*arrays, kept, dh, dc, dy, *options[1:])
    return (*found, *(None,) * 9)


_forward.register_autograd(_gradients, setup_context=_keep_for_gradients)
_backward.register_autograd(refuse_second_gradients)


def _empty_results(x: Tensor, h0: Tensor, sequences: bool, keep: bool) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """h, c, y, and the name of what is kept for the gradients; those that are not wanted have no element."""
    rows, time, units = x.shape[0], x.shape[1], h0.shape[1]
    return (
        x.new_empty((rows, units)),
        x.new_empty((rows, units)),
        x.new_empty((rows, time, units) if sequences else (0,)),
        x.new_empty((rows if keep else 0, 2), dtype=torch.int32),
    )


def _dense(arrays: list[Tensor | None]) -> list[Tensor | None]:
    return [None if array is None else array.contiguous() for array in arrays]


def _address(array: Tensor | None) -> int | None:
    return None if array is None else array.data_ptr()


def _inputs(arrays: list[Tensor | None], options: LSTMOptions) -> native.Inputs:
    given = LSTMArguments(*arrays)
    rows, time, size = given.x.shape
    return native.Inputs(
        batch=rows,
        time=time,
        inputs=size,
        units=given.h0.shape[1],
        x_masks=1 if given.x_dropout is None else given.x_dropout.shape[0],
        backwards=options.backwards,
        zero_output=options.zero_output,
        share_prefix=options.share_prefix,
        **{name: _address(array) for name, array in given._asdict().items()},
    )
