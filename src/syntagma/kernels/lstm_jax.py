"""The kernel under JAX: two foreign functions of XLA, differentiable, mapped, and split with the batch over devices.

An array that is not given, or a result that is not wanted, is left out of the call; `given` has a bit for each.
"""

from collections.abc import Callable
from functools import cache, partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.custom_batching import sequential_vmap
from jax.experimental.custom_partitioning import ArrayMapping, SdyShardingRule, custom_partitioning
from jax.extend.core import Primitive
from jax.interpreters import mlir
from jax.sharding import NamedSharding, PartitionSpec

from syntagma.errors import InputError
from syntagma.kernels import lstm_jax_loop, native
from syntagma.kernels.arguments import LSTMArguments, LSTMOptions, LSTMResults, refuse_second_gradients

_FORWARD, _BACKWARD = "syntagma_lstm_forward", "syntagma_lstm_backward"
# What may be left out, by its bit in the attribute `given` (native/bridges/jax.cpp).
_BITS = {"mask": 1, "x_dropout": 2, "h_dropout": 4, "y_dropout": 8, "y": 16, "kept": 32}
# Axes of the arrays by the letters of the house; P is the two halves of the name of what is kept.
_AXES = {
    "x": "BTD",
    "kernel": "DG",
    "recurrent": "HG",
    "bias": "G",
    "h0": "BH",
    "c0": "BH",
    "mask": "BT",
    "x_dropout": "MBD",
    "h_dropout": "NBH",
    "y_dropout": "BH",
    "kept": "BP",
    "h": "BH",
    "c": "BH",
    "y": "BTH",
}
_WEIGHTS = ("kernel", "recurrent", "bias")


def lstm(arguments: LSTMArguments, options: LSTMOptions) -> LSTMResults:
    """Reads the sequences; see `LSTMArguments` and `LSTMOptions`. Arrays are float32, the mask bool.

    Under `jit`, `grad` (of everything but mask and dropout), `vmap`, `checkpoint`, and with the batch split over
    devices, where nothing is gathered but the gradients of the weights.
    """
    _register()
    given = {name: array for name, array in arguments._asdict().items() if array is not None}
    try:
        return LSTMResults(*_lstm(options, tuple(given), *given.values()))
    except TypeError as error:
        if "custom_vjp" not in str(error):
            raise
        raise InputError(
            "The LSTM kernel has no forward-mode derivatives (jvp, jacfwd, linearize, hessian). Use "
            "`LSTM(kernel='framework')`, Keras' own loop."
        ) from error


@cache
def _register() -> None:
    functions = native.required().functions
    for name, function in (
        (_FORWARD, functions.syntagma_jax_lstm_forward),
        (_BACKWARD, functions.syntagma_jax_lstm_backward),
    ):
        jax.ffi.register_ffi_target(name, jax.ffi.pycapsule(function), platform="cpu")


@partial(jax.custom_vjp, nondiff_argnums=(0, 1))
def _lstm(options: LSTMOptions, names: tuple[str, ...], *arrays: Any) -> tuple[Any, ...]:
    return tuple(_partitioned(_FORWARD, options, names, _results(options))(*arrays))


def _lstm_forward(options: LSTMOptions, names: tuple[str, ...], *arrays: Any) -> tuple[tuple[Any, ...], Any]:
    *results, name = _differentiated(_FORWARD, options, names, (*_results(options), "kept"), *arrays)
    return tuple(results), (arrays, name)


def _lstm_backward(
    options: LSTMOptions, names: tuple[str, ...], saved: Any, gradients: tuple[Any, ...]
) -> tuple[Any, ...]:
    arrays, name = saved
    known = (*names, "kept", *_results(options))
    found = _differentiated(_BACKWARD, options, known, names[:6], *arrays, name, *gradients)
    # Mask and dropout have no gradients.
    return (*found, *(None for _ in names[6:]))


_lstm.defvjp(_lstm_forward, _lstm_backward)


@partial(jax.custom_vjp, nondiff_argnums=(0, 1, 2, 3))
def _differentiated(
    target: str, options: LSTMOptions, arguments: tuple[str, ...], results: tuple[str, ...], *arrays: Any
) -> tuple[Any, ...]:
    """What the rules above call, which are differentiated only where somebody wants gradients of gradients."""
    return tuple(_partitioned(target, options, arguments, results)(*arrays))


_differentiated.defvjp(refuse_second_gradients, refuse_second_gradients)


def _results(options: LSTMOptions) -> tuple[str, ...]:
    return ("h", "c", "y") if options.sequences else ("h", "c")


@cache
def _partitioned(
    target: str, options: LSTMOptions, arguments: tuple[str, ...], results: tuple[str, ...]
) -> Callable[..., Any]:
    """The foreign function `target` of arrays with these names; rows may be anywhere, weights are everywhere."""

    def call(*arrays: Any) -> list[Any]:
        found: list[Any] = _call.bind(*arrays, target=target, options=options, arguments=arguments, results=results)
        return found

    def partition(mesh: Any, argument_shapes: Any, result_shapes: Any) -> Any:
        rows = argument_shapes[0].sharding.spec[0]

        def call_here(*arrays: Any) -> list[Any]:
            found = call(*arrays)
            if target == _FORWARD or rows is None:
                return found
            pairs = zip(results, found, strict=True)
            return [jax.lax.psum(array, rows) if name in _WEIGHTS else array for name, array in pairs]

        def shardings(names: tuple[str, ...]) -> list[NamedSharding]:
            specs = (PartitionSpec(*(rows if axis == "B" else None for axis in _AXES[name])) for name in names)
            return [NamedSharding(mesh, spec) for spec in specs]

        return mesh, call_here, shardings(results), tuple(shardings(arguments))

    function = custom_partitioning(call)
    function.def_partition(partition, sharding_rule=_rule(arguments, results))
    return sequential_vmap(function)


def _rule(arguments: tuple[str, ...], results: tuple[str, ...]) -> SdyShardingRule:
    operands, found = (tuple(ArrayMapping(*_AXES[name]) for name in names) for names in (arguments, results))
    # In the order in which they come up: the compiler insists.
    axes = dict.fromkeys(axis for name in (*arguments, *results) for axis in _AXES[name])
    return SdyShardingRule(operands, found, need_replication_factors=tuple(axis for axis in axes if axis != "B"))


# The call of a foreign function, as a primitive: what it becomes is decided when a program is compiled, not when it is
# traced. JAX remembers what it traced, so that the same trace may be run here and be exported too.
_call = Primitive("syntagma_lstm")
_call.multiple_results = True


@_call.def_impl
def _run(*arrays: Any, **parameters: Any) -> Any:
    return _compiled(**parameters)(*arrays)


@cache
def _compiled(**parameters: Any) -> Callable[..., Any]:
    return jax.jit(partial(_call.bind, **parameters))


@_call.def_abstract_eval
def _shapes(*arrays: Any, arguments: tuple[str, ...], results: tuple[str, ...], **_: Any) -> list[Any]:
    sizes = {
        axis: size
        for name, array in zip(arguments, arrays, strict=True)
        for axis, size in zip(_AXES[name], array.shape, strict=True)
    }
    sizes["P"] = 2
    kinds = (jnp.int32 if name == "kept" else jnp.float32 for name in results)
    return [
        jax.core.ShapedArray([sizes[axis] for axis in _AXES[name]], jnp.dtype(kind))
        for name, kind in zip(results, kinds, strict=True)
    ]


def _lowered(context: mlir.LoweringRuleContext, *arrays: Any, **parameters: Any) -> Any:
    """Compile a call for this CPU, or for a program that leaves this process, which has no foreign function of ours."""
    exported = context.module_context.lowering_parameters.for_export
    function = _loop if exported else partial(_foreign, shapes=context.avals_out)
    return mlir.lower_fun(partial(function, **parameters), multiple_results=True)(context, *arrays)


mlir.register_lowering(_call, mlir.lower_fun(lambda *arrays, **parameters: _loop(*arrays, **parameters), True))
mlir.register_lowering(_call, _lowered, platform="cpu")


def _foreign(
    *arrays: Any,
    target: str,
    options: LSTMOptions,
    arguments: tuple[str, ...],
    results: tuple[str, ...],
    shapes: list[Any],
) -> Any:
    given = sum(bit for name, bit in _BITS.items() if name in (*arguments, *results))
    return jax.ffi.ffi_call(target, [jax.ShapeDtypeStruct(shape.shape, shape.dtype) for shape in shapes])(
        *arrays,
        given=np.int32(given),
        backwards=np.int32(options.backwards),
        zero_output=np.int32(options.zero_output),
        share_prefix=np.int32(options.share_prefix),
    )


def _loop(
    *arrays: Any, target: str, options: LSTMOptions, arguments: tuple[str, ...], results: tuple[str, ...]
) -> list[Any]:
    given = dict(zip(arguments, arrays, strict=True))
    read = LSTMArguments(**{name: given[name] for name in LSTMArguments._fields if name in given})
    if target == _BACKWARD:
        return list(lstm_jax_loop.lstm_gradients(read, options, LSTMResults(given["h"], given["c"], given.get("y"))))
    found = lstm_jax_loop.lstm(read, options)._asdict()
    # Its gradients look for nothing that was kept.
    found["kept"] = jnp.zeros((read.x.shape[0], 2), jnp.int32)
    return [found[name] for name in results]
