"""JAX bridge of the LSTM kernel: two XLA foreign functions that support gradients, `vmap` and batch sharding.

Optional arrays and results that are not needed are left out of the call. The attribute `given` has one bit for each
optional array and each optional result. A bit is 1 if its array or result is part of the call.
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
# Optional arrays and results, with their bits in the attribute `given` (native/bridges/jax.cpp).
_BITS = {"mask": 1, "x_dropout": 2, "h_dropout": 4, "y_dropout": 8, "y": 16, "kept": 32}
# Axes of the arrays in the letters of `syntagma.shapes`. P: the two halves of the key of the stored residuals.
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
    """Run the LSTM kernel under JAX. `LSTMArguments` and `LSTMOptions` describe the arguments.

    Arrays are float32, and the mask is boolean. The function supports `jit`, `grad` (with respect to all arrays except
    mask and dropout), `vmap` and `checkpoint`. The batch may be sharded over devices. Only the gradients of the weights
    are then reduced across devices.

    Raises:
        InputError: If a forward-mode derivative is requested.
    """
    _register()
    arrays = {name: array for name, array in arguments._asdict().items() if array is not None}
    try:
        return LSTMResults(*_lstm(options, tuple(arrays), *arrays.values()))
    except TypeError as error:
        if "custom_vjp" not in str(error):
            raise
        raise InputError(
            "The LSTM kernel has no forward-mode derivatives (jvp, jacfwd, linearize, hessian). Use "
            "`LSTM(kernel='framework')`, which runs Keras' own loop."
        ) from error


@cache
def _register() -> None:
    functions = native.require_library().functions
    for name, function in (
        (_FORWARD, functions.syntagma_jax_lstm_forward),
        (_BACKWARD, functions.syntagma_jax_lstm_backward),
    ):
        jax.ffi.register_ffi_target(name, jax.ffi.pycapsule(function), platform="cpu")


@partial(jax.custom_vjp, nondiff_argnums=(0, 1))
def _lstm(options: LSTMOptions, names: tuple[str, ...], *arrays: Any) -> tuple[Any, ...]:
    return tuple(_partitioned_function(_FORWARD, options, names, _results(options))(*arrays))


def _lstm_forward(options: LSTMOptions, names: tuple[str, ...], *arrays: Any) -> tuple[tuple[Any, ...], Any]:
    *results, key = _differentiable(_FORWARD, options, names, (*_results(options), "kept"), *arrays)
    return tuple(results), (arrays, key)


def _lstm_backward(
    options: LSTMOptions, names: tuple[str, ...], saved: Any, gradients: tuple[Any, ...]
) -> tuple[Any, ...]:
    arrays, key = saved
    inputs = (*names, "kept", *_results(options))
    input_gradients = _differentiable(_BACKWARD, options, inputs, names[:6], *arrays, key, *gradients)
    # Mask and dropout have no gradients.
    return (*input_gradients, *(None for _ in names[6:]))


_lstm.defvjp(_lstm_forward, _lstm_backward)


@partial(jax.custom_vjp, nondiff_argnums=(0, 1, 2, 3))
def _differentiable(
    target: str, options: LSTMOptions, arguments: tuple[str, ...], results: tuple[str, ...], *arrays: Any
) -> tuple[Any, ...]:
    """Call a foreign function within the derivative rules of `_lstm`.

    Differentiating this call again raises an error.
    """
    return tuple(_partitioned_function(target, options, arguments, results)(*arrays))


_differentiable.defvjp(refuse_second_gradients, refuse_second_gradients)


def _results(options: LSTMOptions) -> tuple[str, ...]:
    return ("h", "c", "y") if options.sequences else ("h", "c")


@cache
def _partitioned_function(
    target: str, options: LSTMOptions, arguments: tuple[str, ...], results: tuple[str, ...]
) -> Callable[..., Any]:
    """Return a function that calls the foreign function `target`.

    `arguments` and `results` are the names of its inputs and outputs, in order. The batch may be sharded over devices.
    The weights are replicated.
    """

    def call(*arrays: Any) -> list[Any]:
        outputs: list[Any] = _call.bind(*arrays, target=target, options=options, arguments=arguments, results=results)
        return outputs

    def partition(mesh: Any, argument_shapes: Any, result_shapes: Any) -> Any:
        rows = argument_shapes[0].sharding.spec[0]

        def call_shard(*arrays: Any) -> list[Any]:
            outputs = call(*arrays)
            if target == _FORWARD or rows is None:
                return outputs
            pairs = zip(results, outputs, strict=True)
            return [jax.lax.psum(array, rows) if name in _WEIGHTS else array for name, array in pairs]

        def shardings(names: tuple[str, ...]) -> list[NamedSharding]:
            specs = (PartitionSpec(*(rows if axis == "B" else None for axis in _AXES[name])) for name in names)
            return [NamedSharding(mesh, spec) for spec in specs]

        return mesh, call_shard, shardings(results), tuple(shardings(arguments))

    function = custom_partitioning(call)
    function.def_partition(partition, sharding_rule=_rule(arguments, results))
    return sequential_vmap(function)


def _rule(arguments: tuple[str, ...], results: tuple[str, ...]) -> SdyShardingRule:
    operands, outputs = (tuple(ArrayMapping(*_AXES[name]) for name in names) for names in (arguments, results))
    # The compiler requires the order of first occurrence.
    axes = dict.fromkeys(axis for name in (*arguments, *results) for axis in _AXES[name])
    return SdyShardingRule(operands, outputs, need_replication_factors=tuple(axis for axis in axes if axis != "B"))


# The call of a foreign function as a primitive, which is lowered at compilation, not during tracing. JAX caches traces,
# so the same trace may be both run in this process and exported.
_call = Primitive("syntagma_lstm")
_call.multiple_results = True


@_call.def_impl
def _run(*arrays: Any, **parameters: Any) -> Any:
    return _compile_call(**parameters)(*arrays)


@cache
def _compile_call(**parameters: Any) -> Callable[..., Any]:
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


def _lower_for_cpu(context: mlir.LoweringRuleContext, *arrays: Any, **parameters: Any) -> Any:
    """Lower a call to the kernel. In an exported program, which has no access to it, use the plain loop instead."""
    exported = context.module_context.lowering_parameters.for_export
    function = _loop if exported else partial(_foreign, shapes=context.avals_out)
    return mlir.lower_fun(partial(function, **parameters), multiple_results=True)(context, *arrays)


mlir.register_lowering(_call, mlir.lower_fun(lambda *arrays, **parameters: _loop(*arrays, **parameters), True))
mlir.register_lowering(_call, _lower_for_cpu, platform="cpu")


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
    named = dict(zip(arguments, arrays, strict=True))
    inputs = LSTMArguments(**{name: named[name] for name in LSTMArguments._fields if name in named})
    if target == _BACKWARD:
        gradients = LSTMResults(named["h"], named["c"], named.get("y"))
        return list(lstm_jax_loop.lstm_gradients(inputs, options, gradients))
    outputs = lstm_jax_loop.lstm(inputs, options)._asdict()
    # The gradients of the loop do not need stored residuals.
    outputs["kept"] = jnp.zeros((inputs.x.shape[0], 2), jnp.int32)
    return [outputs[name] for name in results]
