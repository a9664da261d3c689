"""Tensors that remember their source, and PyTorch tensors that are computed only when they are read."""

import functools
import weakref
from collections.abc import Callable
from typing import Any

from syntagma import backend

# Maps the id of a tensor to its source, and to the version of the tensor at that time.
_sources: dict[int, tuple[Any, int | None]] = {}


def remember_source(tensor: Any, source: Any) -> None:
    """Remember what a tensor was computed from, for `recall_source`."""
    if backend.name() == "tensorflow":
        tensor._syntagma_source = source
        return
    if backend.name() == "jax":
        import jax

        # A concrete array is only read, and its source may be donated to another computation.
        if not isinstance(tensor, jax.core.Tracer):
            return
    # Attributes would be pickled with PyTorch tensors, and JAX tracers have none.
    _sources[id(tensor)] = (source, _version(tensor))
    weakref.finalize(tensor, _sources.pop, id(tensor), None)


def recall_source(tensor: Any) -> Any | None:
    """Return what a tensor was computed from, if known and the tensor has not been changed since, or `None`."""
    if backend.has_no_values():
        return None
    if backend.name() == "tensorflow":
        return getattr(tensor, "_syntagma_source", None)
    source, version = _sources.get(id(tensor), (None, None))
    return source if source is not None and version == _version(tensor) else None


def _version(tensor: Any) -> int | None:
    """Return the number of in-place changes of a PyTorch tensor, or `None`."""
    return tensor._version if backend.name() == "torch" and not tensor.is_inference() else None


def loop_states(step: Callable[..., Any], state: Any, parts: tuple[Any, ...], reverse: bool) -> tuple[Any, Any]:
    """Return the state before each step, (B, T, ...), and the last one, as `ops.recursion.scan_states` does."""
    import torch

    states = []
    in_order = list(zip(*(part.unbind(1) for part in parts), strict=True))
    for now in reversed(in_order) if reverse else in_order:
        states.append(state)
        state = step(state, *now)
    return torch.stack(states[::-1] if reverse else states, dim=1), state


def defer(compute: Callable[..., Any], sources: list[Any], shape: tuple[int, ...]) -> Any:
    """Return `compute(*sources)`, of the given shape, computed when more than its shape is needed.

    Compiled programs drop unused results; eager PyTorch does so only with such a tensor. Under other backends, and
    while tensors have no values, the result is computed immediately.

    Args:
        compute: Function of the sources.
        sources: Tensors. The result has the dtype and device of the first.
        shape: Shape of the result.
    """
    if backend.name() != "torch" or backend.has_no_values():
        return compute(*sources)
    return _deferring_function().apply(compute, shape, *sources)


@functools.cache
def _deferred_tensor() -> Any:
    import torch
    from torch.utils._pytree import tree_map_only

    # Known before the values are computed.
    metadata = {getattr(torch.Tensor, name).__get__ for name in ("shape", "ndim", "dtype", "device", "is_meta")}
    metadata |= {torch.Tensor.size, torch.Tensor.dim, torch.Tensor.is_inference}

    class DeferredTensor(torch.Tensor):
        """Tensor that is computed once, when the first PyTorch function other than metadata access reads it."""

        @staticmethod
        def __new__(cls, compute: Callable[..., Any], sources: Any, shape: Any, records: bool) -> Any:
            like = sources[0]
            return torch.Tensor._make_wrapper_subclass(cls, shape, dtype=like.dtype, device=like.device)

        def __init__(self, compute: Callable[..., Any], sources: Any, shape: Any, records: bool):
            self._compute: Callable[[], Any] | None = lambda: compute(*sources)
            self._records, self._result = records, None

        def compute(self) -> Any:
            """Return the ordinary tensor, computed with the gradient mode in which it was created."""
            if self._compute is not None:
                with torch.set_grad_enabled(self._records):
                    self._result = self._compute()
                self._compute = None
            return self._result

        def is_already(self, *wanted: Any) -> bool:
            """Return whether the tensor has all of the given devices and dtypes."""
            return all(one in (self.dtype, self.device, str(self.device)) for one in wanted)

        @property
        def _version(self) -> int:
            # Once computed, the values may be changed in place or need a gradient.
            return 0 if self._result is None else 1

        @classmethod
        def __torch_function__(cls, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            if function in metadata:
                return super().__torch_function__(function, types, args, kwargs or {})
            # Keras moves each tensor to the device that already holds it.
            if function is torch.Tensor.to and not kwargs and args[0].is_already(*args[1:]):
                return args[0]
            args, kwargs = tree_map_only(DeferredTensor, DeferredTensor.compute, (args, kwargs or {}))
            return function(*args, **kwargs)

        __torch_dispatch__ = __torch_function__

    return DeferredTensor


@functools.cache
def _deferring_function() -> Any:
    import torch

    class Deferring(torch.autograd.Function):
        """Autograd function that connects a deferred tensor to its sources.

        It is needed for code that does not use `__torch_function__`, such as other autograd functions and module hooks.
        """

        @staticmethod
        def forward(ctx: Any, compute: Callable[..., Any], shape: Any, *sources: Any) -> Any:
            ctx.compute = compute
            ctx.save_for_backward(*sources)
            return _deferred_tensor()(compute, sources, shape, any(ctx.needs_input_grad))

        @staticmethod
        @torch.autograd.function.once_differentiable
        def backward(ctx: Any, gradient: Any) -> Any:
            sources = [one.detach().requires_grad_() for one in ctx.saved_tensors]
            with torch.enable_grad():
                result = ctx.compute(*sources)
            return None, None, *torch.autograd.grad(result, sources, gradient, allow_unused=True)

    return Deferring
