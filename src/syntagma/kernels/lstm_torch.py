"""PyTorch bridge of the LSTM kernel: two operators with autograd, for eager code and `torch.compile`."""

import weakref
from typing import Any

import numpy as np
import torch
from torch import Tensor

from syntagma.kernels import native
from syntagma.kernels.arguments import LSTMArguments, LSTMOptions, LSTMResults, refuse_second_gradients
from syntagma.shapes import IntArray


def lstm(arguments: LSTMArguments, options: LSTMOptions) -> LSTMResults:
    """Run the LSTM kernel under PyTorch. `LSTMArguments` and `LSTMOptions` describe the arguments.

    Tensors are float32 on the CPU, and the mask is boolean. Mask and dropout have no gradients, and there are no second
    derivatives.
    """
    # Detach the tensors without gradients, because autograd considers all of them.
    arguments = LSTMArguments(*arguments[:6], *(None if one is None else one.detach() for one in arguments[6:]))
    keep = torch.is_grad_enabled() and any(array.requires_grad for array in arguments[:6])
    h, c, y, _ = _forward(*arguments, *options, keep)
    return LSTMResults(h, c, y if options.sequences else None)


def is_transformed(tensor: Any) -> bool:
    """Return whether a `torch.func` transform is active or `tensor` carries a forward-mode derivative."""
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
    keys = np.zeros((x.shape[0] if keep else 0, 2), np.int32)
    outputs = native.Outputs(
        h=h.data_ptr(),
        c=c.data_ptr(),
        y=y.data_ptr() if sequences else None,
        kept=keys.ctypes.data if keep else None,
    )
    native.require_library().forward(
        _inputs(arrays, LSTMOptions(sequences, backwards, zero_output, share_prefix)), outputs
    )
    return h, c, y, _release_with(keys)


def _release_with(keys: IntArray) -> Tensor:
    """Return the key of the values that the kernel stored for the gradients, as a tensor (B, 2).

    The stored values are released when the last reference to the tensor's memory is gone.
    """
    if len(keys):
        weakref.finalize(keys, native.require_library().forget, int(keys[0].view(np.int64)[0])).atexit = False
    return torch.from_numpy(keys)


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
    output_gradients = _dense([dh, dc, dy])
    kept = kept.contiguous()
    results = tuple(torch.empty_like(array) for array in arrays[:6] if array is not None)
    names = ("dx", "dkernel", "drecurrent", "dbias", "dh0", "dc0")
    gradients = native.Gradients(
        kept=kept.data_ptr(),
        **dict(zip(("dh", "dc", "dy"), map(_address, output_gradients), strict=True)),
        **{name: array.data_ptr() for name, array in zip(names, results, strict=True)},
    )
    native.require_library().backward(
        _inputs(arrays, LSTMOptions(True, backwards, zero_output, share_prefix)), gradients
    )
    return results


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
    gradients = _backward(*arrays, kept, dh, dc, dy, *options[1:])
    return (*gradients, *(None,) * 9)


_forward.register_autograd(_gradients, setup_context=_keep_for_gradients)
_backward.register_autograd(refuse_second_gradients)


def _empty_results(x: Tensor, h0: Tensor, sequences: bool, keep: bool) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return uninitialised tensors for h, c, y and the key of the values that are stored for the gradients.

    Tensors that are not requested have no elements.
    """
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
    arguments = LSTMArguments(*arrays)
    rows, time, size = arguments.x.shape
    return native.Inputs(
        batch=rows,
        time=time,
        inputs=size,
        units=arguments.h0.shape[1],
        x_masks=1 if arguments.x_dropout is None else arguments.x_dropout.shape[0],
        backwards=options.backwards,
        zero_output=options.zero_output,
        share_prefix=options.share_prefix,
        **{name: _address(array) for name, array in arguments._asdict().items()},
    )
