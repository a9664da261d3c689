"""The one seam to the framework in use: which one, seeds, and counting compilations.

Only this file and the bridges of `kernels` name `jax`, `torch` or `tensorflow`. Importing it imports none of them.
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

# What Keras 3 writes by itself into `keras.json` at its first import, whoever imports it and whatever is installed.
# A file with exactly this content is therefore nobody's choice (docs/decisions/0001).
_KERAS_WRITES = {
    "floatx": "float32",
    "epsilon": 1e-07,
    "backend": "tensorflow",
    "image_data_format": "channels_last",
}

_BACKENDS = ("jax", "torch", "tensorflow")
_BLANKING = threading.RLock()

# Whether this process is a fork of one in which the framework had started threads.
_forked = {"parent has started": False, "here": False}


def choose() -> None:
    """Chooses JAX where nobody has chosen a backend.

    A choice is the variable `KERAS_BACKEND`, a Keras that is already imported, or a `keras.json` that a person wrote.
    """
    if "KERAS_BACKEND" in os.environ or "keras" in sys.modules:
        return
    if _keras_json() in ({}, _KERAS_WRITES):
        os.environ["KERAS_BACKEND"] = "jax"


def check_installed() -> None:
    """Makes sure that the backend that is named in the environment can be loaded.

    Raises:
        InputError: `KERAS_BACKEND` is no backend of Keras that Syntagma runs on, or is not installed.
    """
    wanted = os.environ.get("KERAS_BACKEND", "jax")
    if wanted not in _BACKENDS:
        raise InputError(f"KERAS_BACKEND must be jax, torch or tensorflow; got {wanted!r}. Set another, or unset it.")
    if find_spec(wanted) is None:
        raise InputError(f"KERAS_BACKEND is {wanted!r}, which is not installed. Install it, or unset KERAS_BACKEND.")


def check_process() -> None:
    """Refuse to compute in a fork of a process that has computed already: it would wait for ever.

    Raises:
        ForkError: This process is one.
    """
    if _forked["here"]:
        raise ForkError(
            f"{name()}, or the LSTM kernel, had started before this process was forked, and would wait in the fork for "
            "threads that only the parent has. Start workers with multiprocessing.get_context('spawn'), or with "
            "joblib's default (loky), which do not fork; or fork before anything is trained, loaded or predicted."
        )


def _has_started() -> bool:
    """Return whether the framework in use, or the LSTM kernel, has threads that a fork would lack."""
    jax = sys.modules.get("jax._src.xla_bridge")
    tensorflow = sys.modules.get("tensorflow.python.eager.context")
    context = getattr(tensorflow, "_context", None)
    kernels = getattr(sys.modules.get("syntagma.kernels.native"), "library", None)
    has_kernel_threads = kernels is not None and kernels.cache_info().currsize and kernels() is not None
    has_framework_threads = getattr(jax, "_backends", None) or getattr(context, "_initialized", False)
    return bool(has_kernel_threads or has_framework_threads)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=lambda: _forked.update({"parent has started": _has_started()}),
        after_in_child=lambda: _forked.update({"here": _forked["here"] or _forked["parent has started"]}),
    )


def name() -> str:
    """The backend in use: "jax", "torch" or "tensorflow"."""
    import keras

    return str(keras.backend.backend())


def accelerator() -> str:
    """The accelerator that new tensors live on ("gpu", "tpu", "cuda", ...), or an empty string on a CPU."""
    if name() == "jax":
        import jax

        kind = jax.default_backend()
    elif name() == "torch":
        from keras.src.backend.torch.core import DEFAULT_DEVICE, get_device

        kind = str(get_device()).partition(":")[0]
        # Where a model is being built, tensors are shapes without numbers.
        kind = str(DEFAULT_DEVICE) if kind == "meta" else kind
    else:
        import tensorflow

        kind = "gpu" if tensorflow.config.list_logical_devices("GPU") else "cpu"
    return "" if kind == "cpu" else kind


def dtype(tensor: Any) -> str:
    """The type of a tensor by its standard name."""
    import keras

    return str(keras.backend.standardize_dtype(tensor.dtype))


def outside_of_tracing(compute: Callable[[], Any]) -> Any:
    """What a function of no tensors gives, computed now, even where a model is being traced."""
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
    """Return whether PyTorch is compiling the code that is running, which can follow little but tensors."""
    if name() != "torch":
        return False
    import torch

    return torch.compiler.is_compiling()


def is_exporting(tensor: Any) -> bool:
    """Return whether the code that is running is being written down for another process.

    JAX says so when a program is compiled, not when it is traced; here it is known by sizes that are no numbers yet.
    """
    if name() == "jax":
        return not all(isinstance(size, int) for size in tensor.shape)
    if name() == "torch":
        import torch

        return torch.compiler.is_exporting() or torch.jit.is_tracing() or torch.onnx.is_in_onnx_export()
    return False


def device(tensor: Any) -> str:
    """Return the kind of device that holds a tensor of PyTorch ("cpu", "cuda", "meta", ...), else ""."""
    return str(tensor.device.type) if name() == "torch" else ""


def either(quick: Callable[[], Any], is_right: Callable[[Any], Any], slow: Callable[[], Any]) -> Any:
    """Return what `quick` computes if that is right, and else what `slow` computes.

    Where nothing can be chosen by values, or products of matrices lack digits, `slow` is always computed.
    """
    if has_no_values() or _rounds_products():
        return slow()
    found = quick()
    if name() == "torch":
        return found if bool(is_right(found)) else slow()
    if name() == "jax":
        import jax

        # Derivatives keep what both ways need, even where one is taken: `slow` computes it again instead.
        return jax.lax.cond(is_right(found), lambda: found, jax.checkpoint(slow))
    from keras import ops

    return ops.cond(is_right(found), lambda: found, slow)


def product(left: Any, right: Any) -> Any:
    """Return the product of matrices with all digits of their type, which accelerators do not give by themselves."""
    if name() == "jax":
        import jax

        return jax.numpy.matmul(left, right, precision="highest")
    return left @ right


def _rounds_products() -> bool:
    """Return whether products of float32 matrices are computed with fewer digits, whatever is asked for."""
    if name() == "torch":
        import torch

        return torch.is_autocast_enabled("cpu") or torch.is_autocast_enabled("cuda")
    return name() == "tensorflow" and bool(accelerator())


def has_no_values() -> bool:
    """Return whether tensors of PyTorch may have no values: in `torch.func`, an export, or a compilation."""
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
    """The mask (B, T) that Keras has hung on a tensor, if any."""
    from keras.src.backend import get_keras_mask

    return get_keras_mask(tensor)


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, which takes and gives tensors, as one compiled program a shape; on PyTorch as it is."""
    if name() == "jax":
        import jax

        jitted: Callable[..., Any] = jax.jit(function)
        return jitted
    if name() == "tensorflow":
        import tensorflow as tf

        graph: Callable[..., Any] = tf.function(function)
        return graph
    return function


@contextmanager
def compiling_quickly(wanted: bool = True) -> Iterator[None]:
    """Within the block, JAX compiles in half the time programs that run slower: for what runs once."""
    if not wanted or name() != "jax":
        yield
        return
    import jax

    before = jax.config.read("jax_disable_most_optimizations")
    jax.config.update("jax_disable_most_optimizations", True)
    try:
        yield
    finally:
        jax.config.update("jax_disable_most_optimizations", before)


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Draws within the block depend on `seed` alone; the caller's Python and NumPy generators are put back after it."""
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
    """The state of the framework's own generator as a NumPy array, where layers draw from it; else `None`.

    Keras keeps random states in variables, but its dropout on PyTorch draws from PyTorch's generator.
    """
    if name() != "torch":
        return None
    import torch

    return torch.get_rng_state().numpy()


def set_random_state(state: Any) -> None:
    """Puts `random_state` back."""
    import torch

    torch.set_rng_state(torch.from_numpy(state.copy()))


@contextmanager
def blank_weights(limit: int) -> Iterator[None]:
    """Layers built within the block by this thread start with zeros: for a model whose weights are read next.

    Drawing initial values only to overwrite them costs more than everything else about loading a model, since JAX
    compiles a program for each shape.

    Raises:
        InputError: The layers ask for more values than `limit` together; nothing is allocated for the last one.
    """
    import keras
    import numpy as np

    here = threading.get_ident()
    left = limit

    def blank(shape: tuple[int, ...], dtype: Any = None) -> Any:
        nonlocal left
        left -= math.prod(shape)
        if left < 0:
            raise InputError(f"the recipe describes a model of over {limit:,} weights; far fewer are stored.")
        return keras.ops.convert_to_tensor(np.zeros(shape, np.float32), dtype)

    with _BLANKING:
        add_weight = keras.layers.Layer.add_weight

        def add_blank_weight(layer: Any, *args: Any, **options: Any) -> Any:
            if threading.get_ident() == here:
                options["initializer"] = blank
            return add_weight(layer, *args, **options)

        keras.layers.Layer.add_weight = add_blank_weight
        try:
            yield
        finally:
            keras.layers.Layer.add_weight = add_weight


def versions() -> dict[str, str]:
    """Versions of Keras and of the framework in use."""
    from importlib.metadata import version

    packages = {"jax": ["jax"], "torch": ["torch"], "tensorflow": ["tensorflow_cpu", "tensorflow"]}[name()]
    found = {"keras": version("keras")}
    for package in packages:
        try:
            found[name()] = version(package)
        except ImportError:
            continue
        break
    return found


def _keras_json() -> dict[str, object]:
    home = os.environ.get("KERAS_HOME") or os.path.join(os.path.expanduser("~"), ".keras")
    try:
        content = json.loads((Path(home) / "keras.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


@contextmanager
def precision(policy: str) -> Iterator[None]:
    """Layers made within the block compute in this precision ("float32", "mixed_bfloat16")."""
    import keras

    previous = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(previous)
