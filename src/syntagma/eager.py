"""Tensors that know what they were computed from, and what PyTorch needs to leave out what compiled programs do."""

import functools
import weakref
from collections.abc import Callable
from typing import Any

from syntagma import backend

# By the identity of a tensor: what it was computed from, and its version then.
_sources: dict[int, tuple[Any, int | None]] = {}


def remember(tensor: Any, source: Any) -> None:
    """Keep what a tensor was computed from, for `remembered`."""
    if backend.name() == "tensorflow":
        tensor._syntagma_source = source
        return
    if backend.name() == "jax":
        import jax

        # What was computed already is only read, and what it was computed from may be given away.
        if not isinstance(tensor, jax.core.Tracer):
            return
    # As attributes they would be pickled with tensors of PyTorch, and tracers of JAX have none.
    _sources[id(tensor)] = (source, _version(tensor))
    weakref.finalize(tensor, _sources.pop, id(tensor), None)


def remembered(tensor: Any) -> Any | None:
    """Return what a tensor was computed from, if it was remembered and the tensor has not been changed since."""
    if backend.has_no_values():
        return None
    if backend.name() == "tensorflow":
        return getattr(tensor, "_syntagma_source", None)
    source, version = _sources.get(id(tensor), (None, None))
    return source if source is not None and version == _version(tensor) else None


def _version(tensor: Any) -> int | None:
    """The number of times that a tensor of PyTorch was changed in place."""
    return tensor._version if backend.name() == "torch" and not tensor.is_inference() else None


def walk(step: Callable[..., Any], state: Any, parts: tuple[Any, ...], reverse: bool) -> tuple[Any, Any]:
    """Return the state of PyTorch before each step, (B, T, ...), and the last, as `ops.recursion.states` does."""
    import torch

    found = []
    in_order = list(zip(*(part.unbind(1) for part in parts), strict=True))
    for now in reversed(in_order) if reverse else in_order:
        found.append(state)
        state = step(state, *now)
    return torch.stack(found[::-1] if reverse else found, dim=1), state


def deferred(compute: Callable[..., Any], sources: list[Any], shape: tuple[int, ...]) -> Any:
    """Return `compute(*sources)`, of a shape, computed when someone asks for more than its shape.

    Compiled programs leave out what nobody reads; PyTorch does only with such a tensor. Under other backends, and where
    tensors have no values, it is computed at once. Its dtype and device are those of the first source.
    """
    if backend.name() != "torch" or backend.has_no_values():
        return compute(*sources)
    return _tie().apply(compute, shape, *sources)


@functools.cache
def _deferred_tensor() -> Any:
    import torch
    from torch.utils._pytree import tree_map_only

    # What can be told before the numbers are there.
    about = {getattr(torch.Tensor, name).__get__ for name in ("shape", "ndim", "dtype", "device", "is_meta")}
    about |= {torch.Tensor.size, torch.Tensor.dim, torch.Tensor.is_inference}

    class DeferredTensor(torch.Tensor):
        """A tensor that any function of PyTorch takes for what it computes then, once."""

        @staticmethod
        def __new__(cls, compute: Callable[..., Any], sources: Any, shape: Any, records: bool) -> Any:
            like = sources[0]
            return torch.Tensor._make_wrapper_subclass(cls, shape, dtype=like.dtype, device=like.device)

        def __init__(self, compute: Callable[..., Any], sources: Any, shape: Any, records: bool):
            self._compute: Callable[[], Any] | None = lambda: compute(*sources)
            self._records, self._found = records, None

        def computed(self) -> Any:
            """Return the tensor, an ordinary one, as if it had been computed when it was made."""
            if self._compute is not None:
                with torch.set_grad_enabled(self._records):
                    self._found = self._compute()
                self._compute = None
            return self._found

        def is_already(self, *wanted: Any) -> bool:
            """Return whether the tensor has all of some devices and dtypes."""
            return all(one in (self.dtype, self.device, str(self.device)) for one in wanted)

        @property
        def _version(self) -> int:
            # Who has the numbers may change them, or wait for their gradient.
            return 0 if self._found is None else 1

        @classmethod
        def __torch_function__(cls, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            if function in about:
                return super().__torch_function__(function, types, args, kwargs or {})
            # Keras asks each tensor to come to the device on which it is.
            if function is torch.Tensor.to and not kwargs and args[0].is_already(*args[1:]):
                return args[0]
            args, kwargs = tree_map_only(DeferredTensor, DeferredTensor.computed, (args, kwargs or {}))
            return function(*args, **kwargs)

        __torch_dispatch__ = __torch_function__

    return DeferredTensor


@functools.cache
def _tie() -> Any:
    import torch

    class Deferring(torch.autograd.Function):
        """Ties a deferred tensor to its sources, for what takes it by another way than `__torch_function__`.

        Other `Function`s do, and so do the hooks of modules.
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
                found = ctx.compute(*sources)
            return None, None, *torch.autograd.grad(found, sources, gradient, allow_unused=True)

    return Deferring
