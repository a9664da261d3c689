"""Interface to the framework that Keras uses: choice of the backend, devices, dtypes, random seeds and compilation.

Only this module, `lazy_tensors` and the bridges in `kernels` import `jax`, `torch` or `tensorflow`, and only when the
framework is needed.
"""

import json
import math
import os
import random
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from syntagma.errors import ForkError, InputError

# Keras 3 writes this `keras.json` at its first import, regardless of the installed backends. A file with exactly this
# content is therefore not a user's choice (docs/explanation/decisions/0001).
_KERAS_DEFAULTS = {
    "floatx": "float32",
    "epsilon": 1e-07,
    "backend": "tensorflow",
    "image_data_format": "channels_last",
}

_BACKENDS = ("jax", "torch", "tensorflow")
_BLANK_WEIGHTS_LOCK = threading.RLock()

# Whether this process was forked from one in which the framework had already started threads.
_forked = {"parent has threads": False, "unusable": False}


def choose() -> None:
    """Select JAX unless the user has chosen a backend.

    A backend counts as chosen if `KERAS_BACKEND` is set, Keras is already imported, or `keras.json` differs from the
    file that Keras writes by default.
    """
    if "KERAS_BACKEND" in os.environ or "keras" in sys.modules:
        return
    if _keras_json() in ({}, _KERAS_DEFAULTS):
        os.environ["KERAS_BACKEND"] = "jax"


def check_installed() -> None:
    """Check that the backend named by `KERAS_BACKEND`, JAX by default, is supported and installed.

    Raises:
        InputError: If `KERAS_BACKEND` names a backend that Syntagma does not support, or that is not installed.
    """
    chosen = os.environ.get("KERAS_BACKEND", "jax")
    if chosen not in _BACKENDS:
        raise InputError(f"KERAS_BACKEND must be jax, torch or tensorflow; got {chosen!r}. Change or unset it.")
    if find_spec(chosen) is None:
        raise InputError(f"KERAS_BACKEND is {chosen!r}, which is not installed. Install it, or unset KERAS_BACKEND.")


def check_process() -> None:
    """Check that this process can run computations.

    Raises:
        ForkError: If the process was forked from one in which the framework or the LSTM kernel had started threads.
            Computations would deadlock.
    """
    if _forked["unusable"]:
        raise ForkError(
            f"{name()} or the LSTM kernel had started threads before this process was forked, and would deadlock in "
            "the fork. Start workers with multiprocessing.get_context('spawn') or with joblib's default (loky), which "
            "do not fork; or fork before anything is trained, loaded or predicted."
        )


def _has_threads() -> bool:
    """Return whether the framework or the LSTM kernel has started threads. A forked process would lack them."""
    jax = sys.modules.get("jax._src.xla_bridge")
    tensorflow = sys.modules.get("tensorflow.python.eager.context")
    context = getattr(tensorflow, "_context", None)
    kernels = getattr(sys.modules.get("syntagma.kernels.native"), "library", None)
    has_kernel_threads = kernels is not None and kernels.cache_info().currsize and kernels() is not None
    has_framework_threads = getattr(jax, "_backends", None) or getattr(context, "_initialized", False)
    return bool(has_kernel_threads or has_framework_threads)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=lambda: _forked.update({"parent has threads": _has_threads()}),
        after_in_child=lambda: _forked.update({"unusable": _forked["unusable"] or _forked["parent has threads"]}),
    )


def name() -> str:
    """Return the backend in use: "jax", "torch" or "tensorflow"."""
    import keras

    return str(keras.backend.backend())


def accelerator() -> str:
    """Return the type of the accelerator that holds new tensors ("gpu", "tpu", "cuda", ...), or "" on a CPU."""
    if name() == "jax":
        import jax

        kind = jax.default_backend()
    elif name() == "torch":
        from keras.src.backend.torch.core import DEFAULT_DEVICE, get_device

        kind = str(get_device()).partition(":")[0]
        # While a model is being built, tensors have shapes but no values.
        kind = str(DEFAULT_DEVICE) if kind == "meta" else kind
    else:
        import tensorflow

        kind = "gpu" if tensorflow.config.list_logical_devices("GPU") else "cpu"
    return "" if kind == "cpu" else kind


def dtype(tensor: Any) -> str:
    """Return the standard name of a tensor's dtype."""
    import keras

    return str(keras.backend.standardize_dtype(tensor.dtype))


def run_outside_tracing(compute: Callable[[], Any]) -> Any:
    """Call a function that takes no arguments, and compute its result immediately, even while a model is traced."""
    if name() == "jax":
        import jax

        with jax.ensure_compile_time_eval():
            return compute()
    if name() == "torch":
        import keras
        import torch

        with keras.device(accelerator() or "cpu"), torch.no_grad():
            return compute()
    return compute()


def is_compiling() -> bool:
    """Return whether PyTorch is compiling the running code. Compiled code is mostly limited to tensor operations."""
    if name() != "torch":
        return False
    import torch

    return torch.compiler.is_compiling()


def is_exporting(tensor: Any) -> bool:
    """Return whether the code that is computing with `tensor` is being exported to run in another process.

    JAX does not report an export during tracing. An export is therefore assumed if the shape of `tensor` has symbolic
    sizes. Under TensorFlow, the result is always `False`.
    """
    if name() == "jax":
        return not all(isinstance(size, int) for size in tensor.shape)
    if name() == "torch":
        import torch

        return torch.compiler.is_exporting() or torch.jit.is_tracing() or torch.onnx.is_in_onnx_export()
    return False


def device(tensor: Any) -> str:
    """Return the device type of a PyTorch tensor ("cpu", "cuda", "meta", ...), or an empty string on other backends."""
    return str(tensor.device.type) if name() == "torch" else ""


def compute_with_fallback(fast: Callable[[], Any], is_exact: Callable[[Any], Any], exact: Callable[[], Any]) -> Any:
    """Return the result of `fast` if it is exact, and the result of `exact` otherwise.

    `exact` is always used while tensors have no values, and when matrix products are computed in reduced precision.

    Args:
        fast: Function that computes the result fast.
        is_exact: Function that takes the result of `fast` and returns a boolean scalar, `True` if the result is exact.
        exact: Slower function that computes the same result exactly.
    """
    if has_no_values() or _rounds_products():
        return exact()
    result = fast()
    if name() == "torch":
        return result if bool(is_exact(result)) else exact()
    if name() == "jax":
        import jax

        # Gradients store the intermediate values of both branches; the checkpoint recomputes those of `exact` instead.
        return jax.lax.cond(is_exact(result), lambda: result, jax.checkpoint(exact))
    from keras import ops

    return ops.cond(is_exact(result), lambda: result, exact)


def product(left: Any, right: Any) -> Any:
    """Multiply two matrices. Under JAX, use the full precision of their dtype even on accelerators."""
    if name() == "jax":
        import jax

        return jax.numpy.matmul(left, right, precision="highest")
    return left @ right


def _rounds_products() -> bool:
    """Return whether `product` computes float32 products in reduced precision."""
    if name() == "torch":
        import torch

        return torch.is_autocast_enabled("cpu") or torch.is_autocast_enabled("cuda")
    return name() == "tensorflow" and bool(accelerator())


def has_no_values() -> bool:
    """Return whether PyTorch tensors may have no values.

    This is the case in `torch.func`, and while a model is built, compiled or exported.
    """
    if name() != "torch":
        return False
    import torch
    from keras.src.backend.torch.core import get_device

    return (
        torch.compiler.is_compiling()
        or torch.jit.is_tracing()
        or torch._C._functorch.peek_interpreter_stack() is not None
        or torch._C._len_torch_dispatch_stack() > 0
        or str(get_device()) == "meta"
    )


def implicit_mask(tensor: Any) -> Any | None:
    """Return the mask (B, T) that Keras has attached to a tensor, or `None` if the tensor has no mask."""
    from keras.src.backend import get_keras_mask

    return get_keras_mask(tensor)


def compile_function(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a function of tensors, once per input shape. Under PyTorch, return the function unchanged."""
    if name() == "jax":
        import jax

        jitted: Callable[..., Any] = jax.jit(function)
        return jitted
    if name() == "tensorflow":
        import tensorflow as tf

        # AutoGraph would replace errors that the function raises.
        graph: Callable[..., Any] = tf.function(function, autograph=False)
        return graph
    return function


@contextmanager
def inference() -> Iterator[None]:
    """Within the block, PyTorch does not record gradients. Other backends record them on request only."""
    if name() != "torch":
        yield
        return
    import torch

    with torch.no_grad():
        yield


@contextmanager
def fast_compilation(enabled: bool = True) -> Iterator[None]:
    """Within the block, halve JAX's compilation time at the cost of slower programs.

    This is useful for programs that run only once.
    """
    if not enabled or name() != "jax":
        yield
        return
    import jax

    previous = jax.config.read("jax_disable_most_optimizations")
    jax.config.update("jax_disable_most_optimizations", True)
    try:
        yield
    finally:
        jax.config.update("jax_disable_most_optimizations", previous)


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Fix the random seed within the block, and restore the states of Python's and NumPy's generators afterwards."""
    import keras
    import numpy as np

    python_state, numpy_state = random.getstate(), np.random.get_state()
    keras.utils.set_random_seed(seed)
    try:
        yield
    finally:
        random.setstate(python_state)
        np.random.set_state(numpy_state)


def random_state() -> Any:
    """Return the state of PyTorch's random generator as a NumPy array, or `None` under other backends.

    Keras stores random states in variables, but its dropout on PyTorch uses PyTorch's generator.
    """
    if name() != "torch":
        return None
    import torch

    return torch.get_rng_state().numpy()


def set_random_state(state: Any) -> None:
    """Set PyTorch's random generator to a state that `random_state` returned."""
    import torch

    torch.set_rng_state(torch.from_numpy(state.copy()))


@contextmanager
def blank_weights(limit: int) -> Iterator[None]:
    """Within the block, initialise all weights of layers that this thread creates with zeros.

    Use this to build a model whose weights are loaded afterwards. Drawing random initial values would dominate the
    loading time, because JAX compiles a program for each shape.

    Args:
        limit: Maximum total number of weights in these layers.

    Raises:
        InputError: If the layers have more weights than `limit`. The excess weights are not allocated.
    """
    import keras
    import numpy as np

    thread = threading.get_ident()
    remaining = limit

    def blank(shape: tuple[int, ...], dtype: Any = None) -> Any:
        nonlocal remaining
        remaining -= math.prod(shape)
        if remaining < 0:
            raise InputError(f"the recipe describes a model with over {limit:,} weights; far fewer are stored.")
        return keras.ops.convert_to_tensor(np.zeros(shape, np.float32), dtype)

    with _BLANK_WEIGHTS_LOCK:
        add_weight = keras.layers.Layer.add_weight

        def add_blank_weight(layer: Any, *args: Any, **options: Any) -> Any:
            if threading.get_ident() == thread:
                options["initializer"] = blank
            return add_weight(layer, *args, **options)

        keras.layers.Layer.add_weight = add_blank_weight
        try:
            yield
        finally:
            keras.layers.Layer.add_weight = add_weight


def versions() -> dict[str, str]:
    """Return the versions of Keras and of the framework in use."""
    from importlib.metadata import version

    packages = {"jax": ["jax"], "torch": ["torch"], "tensorflow": ["tensorflow_cpu", "tensorflow"]}[name()]
    result = {"keras": version("keras")}
    for package in packages:
        try:
            result[name()] = version(package)
        except ImportError:
            continue
        break
    return result


def _keras_json() -> dict[str, object]:
    home = os.environ.get("KERAS_HOME") or os.path.join(os.path.expanduser("~"), ".keras")
    try:
        content = json.loads((Path(home) / "keras.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


@contextmanager
def precision(policy: str) -> Iterator[None]:
    """Use a dtype policy, such as "float32" or "mixed_bfloat16", for layers created within the block."""
    import keras

    previous = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(previous)
