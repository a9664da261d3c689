"""A record of the values from which tensors were computed, and PyTorch tensors that are computed only when read."""

import functools
import weakref
from collections.abc import Callable
from typing import Any

from syntagma import backend

# Maps the id of a tensor to its source and to the version that the tensor had when the source was recorded.
_sources: dict[int, tuple[Any, int | None]] = {}


def remember_source(tensor: Any, source: Any) -> None:
    """Record the value from which a tensor was computed, for `recall_source`. Concrete JAX arrays are not recorded."""
    if backend.name() == "tensorflow":
        tensor._syntagma_source = source
        return
    if backend.name() == "jax":
        import jax

        # Concrete arrays are not computed again, and their sources may be donated to another computation.
        if not isinstance(tensor, jax.core.Tracer):
            return
    # Attributes would be pickled with PyTorch tensors, and JAX tracers have none.
    _sources[id(tensor)] = (source, _version(tensor))
    weakref.finalize(tensor, _sources.pop, id(tensor), None)


def recall_source(tensor: Any) -> Any | None:
    """Return the value from which a tensor was computed, as recorded by `remember_source`.

    Return `None` if the value is unknown, if the tensor has since been changed in place, or while PyTorch tensors may
    have no values.
    """
    if backend.has_no_values():
        return None
    if backend.name() == "tensorflow":
        return getattr(tensor, "_syntagma_source", None)
    source, version = _sources.get(id(tensor), (None, None))
    return source if source is not None and version == _version(tensor) else None


def _version(tensor: Any) -> int | None:
    """Return the number of in-place changes to a tensor, or `None` if they are not counted.

    Only PyTorch counts these changes, except for tensors created in inference mode.
    """
    return tensor._version if backend.name() == "torch" and not tensor.is_inference() else None


def loop_states(step: Callable[..., Any], state: Any, parts: tuple[Any, ...], reverse: bool) -> tuple[Any, Any]:
    """Run the recursion of `ops.recursion.scan_states` as a Python loop over PyTorch tensors.

    Args:
        step: Function that returns the next state, given a state and the values of each part at one step.
        state: Initial state, (B, ...).
        parts: Inputs of the recursion, (B, T, ...).
        reverse: Whether to run from the last step to the first.

    Returns:
        States before each step, (B, T, ...), and the state after the last step, (B, ...).
    """
    import torch

    states = []
    in_order = list(zip(*(part.unbind(1) for part in parts), strict=True))
    for now in reversed(in_order) if reverse else in_order:
        states.append(state)
        state = step(state, *now)
    return torch.stack(states[::-1] if reverse else states, dim=1), state


def defer(compute: Callable[..., Any], sources: list[Any], shape: tuple[int, ...]) -> Any:
    """Return the result of `compute(*sources)`. Under PyTorch, the result is computed only when it is needed.

    Compiled programs skip the computation of unused results. Eager PyTorch can skip it only for a deferred tensor.
    Under other backends, and where PyTorch tensors have no values, such as while a model is built or exported, the
    result is computed immediately.

    Args:
        compute: Function that computes the result from the sources.
        sources: Tensors. The result has the dtype and device of the first tensor.
        shape: Shape of the result.
    """
    if backend.name() != "torch" or backend.has_no_values():
        return compute(*sources)
    return _deferring_function().apply(compute, shape, *sources)


@functools.cache
def _deferred_tensor() -> Any:
    import torch
    from torch.utils._pytree import tree_map_only

    # Attributes and methods that are known before the values are computed.
    metadata = {getattr(torch.Tensor, name).__get__ for name in ("shape", "ndim", "dtype", "device", "is_meta")}
    metadata |= {torch.Tensor.size, torch.Tensor.dim, torch.Tensor.is_inference}

    class DeferredTensor(torch.Tensor):
        """PyTorch tensor whose values are computed on first use, so that an unused result costs nothing.

        Access to metadata, such as the shape and the dtype, does not compute the values. Any other PyTorch function
        does. The values are computed only once.
        """

        @staticmethod
        def __new__(cls, compute: Callable[..., Any], sources: Any, shape: Any, records: bool) -> Any:
            like = sources[0]
            return torch.Tensor._make_wrapper_subclass(cls, shape, dtype=like.dtype, device=like.device)

        def __init__(self, compute: Callable[..., Any], sources: Any, shape: Any, records: bool):
            self._compute: Callable[[], Any] | None = lambda: compute(*sources)
            self._records, self._result = records, None

        def compute(self) -> Any:
            """Return the result as an ordinary tensor, computing it on the first call.

            The computation records gradients if `records` is True.
            """
            if self._compute is not None:
                with torch.set_grad_enabled(self._records):
                    self._result = self._compute()
                self._compute = None
            return self._result

        def is_already(self, *wanted: Any) -> bool:
            """Return whether the tensor already has all devices and dtypes in `wanted`."""
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

        It is needed for code that bypasses `__torch_function__`, such as other autograd functions and module hooks.
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
