"""Compiled programs, shared by models with the same architecture.

Tracing and compiling a small model takes longer than training it. Under JAX, a program depends on what a model
computes, but not on its weights, so a model can use the programs of an earlier model with the same configuration.
Under other backends, programs are not shared: PyTorch does not compile models, and a TensorFlow graph is bound to the
variables with which it was traced.
"""

import json
import math
import os
import random
import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np
from keras import tree

from syntagma import backend

# Each program keeps a model in memory, so only programs of small models, which benefit the most, are cached.
_MAX_PROGRAMS = 64
_MAX_VALUES = 2_000_000
_MAX_TOTAL_VALUES = 8_000_000

_cache: OrderedDict[str, tuple[Any, int]] = OrderedDict()
_lock = threading.Lock()


class Program:
    """Compiled function that models with the same architecture share.

    The function is traced again for each new batch shape, by only one thread at a time.

    Args:
        function: Function of two arguments: the values of a model's variables (or its training state) and a batch.
        signature: Signature of the models that can use the program, from `model_signature`.
    """

    def __init__(self, function: Callable[..., Any], signature: str | None):
        self.signature = signature
        self._function = function
        self._seen_shapes: set[Any] = set()
        self._tracing = threading.Lock()

    def __call__(self, values: Any, batch: Any) -> Any:
        """Call the function with `values` and `batch`. Only one thread at a time traces the function."""
        shapes = _shapes(batch)
        if shapes in self._seen_shapes:
            return self._function(values, batch)
        with self._tracing:  # tracing changes the state of the layers
            results = self._function(values, batch)
        self._seen_shapes.add(shapes)
        return results


def are_for_cpu() -> bool:
    """Return whether XLA compiles programs of JAX for one CPU, for which some computations are arranged differently."""
    return backend.name() == "jax" and not backend.accelerator() and keras.distribution.distribution() is None


def predict(model: Any, inputs: Mapping[str, Any]) -> Any:
    """Return the outputs of a functional Keras model for one batch, as NumPy arrays.

    The model is not changed, and several threads may call this function at the same time.

    Raises:
        ForkError: If this process is a fork that cannot run computations, as described in
            `syntagma.backend.check_process`.
    """
    backend.check_process()
    if backend.name() != "jax":
        return model.predict_on_batch(dict(inputs))
    program: Any
    program, seen = getattr(model, "_output_program", (None, set()))
    if (shapes := _shapes(inputs)) not in seen:
        # As in Keras, a batch of a new shape is traced with the current state of the layers.
        if program is None or program.signature != model_signature(model):
            program = _get_program("outputs", model, _outputs) or Program(_outputs(model), model_signature(model))
            seen = set()
        seen.add(shapes)
        model._output_program = program, seen
    return tree.map_structure(np.array, program([one.value for one in model.variables], dict(inputs)))


def share_training(model: Any, compile_alike: Callable[[Any], None]) -> None:
    """Let a Keras model train with the program of an earlier model that was built and compiled identically.

    Args:
        model: Compiled Keras model. Nothing changes if it cannot share programs, or if the backend is not JAX.
        compile_alike: Function that compiles another model in the same way.
    """
    if backend.name() != "jax" or (compiled := _as_text(lambda: _compile_config(model))) is None:
        return

    def steps(twin: Any) -> Callable[..., Any]:
        compile_alike(twin)
        twin.make_train_function()

        def step(state: Any, batch: Any) -> Any:
            twin._symbolic_build(data_batch=batch)  # of metrics and losses, as Keras does before a step
            return twin.train_function(state, iter([batch]))

        return step

    program = _get_program(f"training {compiled}", model, steps)
    if program is not None:
        model.train_function = lambda state, batches: program(state, next(batches))


def _outputs(model: Any) -> Callable[..., Any]:
    """Return a pure, compiled function of variable values and inputs that computes the outputs of a model."""
    index = {id(variable): number for number, variable in enumerate(model.variables)}
    parts = model.trainable_variables, model.non_trainable_variables
    indices = [[index[id(variable)] for variable in part] for part in parts]

    def outputs(values: Any, inputs: Any) -> Any:
        trainable, others = ([values[number] for number in part] for part in indices)
        return model.stateless_call(trainable, others, inputs, training=False)[0]

    return backend.compile_function(outputs)


def _get_program(purpose: str, model: Any, make_function: Callable[[Any], Callable[..., Any]]) -> Program | None:
    """Return the cached program for a purpose and the architecture of a model, or create and cache one.

    `make_function` creates the function of the program from a private copy of the model. The result is `None` if the
    model cannot share programs.
    """
    return _get_shared(purpose, model, lambda twin: Program(make_function(twin), model_signature(twin)))


def share(purpose: str, model: Any, make: Callable[[Any], Any]) -> Any | None:
    """Return an object with compiled functions that models with the same architecture share.

    Args:
        purpose: Description of the object that determines, together with the architecture, what it computes.
        model: Keras model.
        make: Function that creates the object from a private copy of the model.

    Returns:
        The object, or `None` if the model cannot share programs, or if the backend is not JAX.
    """
    return _get_shared(purpose, model, make) if backend.name() == "jax" else None


def _get_shared(purpose: str, model: Any, make: Callable[[Any], Any]) -> Any | None:
    """Return the cached object for a purpose and the architecture of a model, or create and cache one."""
    signature = model_signature(model)
    values = sum(math.prod(variable.shape) for variable in model.variables)
    if signature is None or values > _MAX_VALUES:
        return None
    key = f"{purpose} {signature}"
    with _lock:
        if key in _cache:
            _cache.move_to_end(key)
            return _cache[key][0]
    if (twin := _make_twin(model, signature)) is None:
        return None
    shared = make(twin)
    with _lock:
        _cache[key] = shared, values
        while len(_cache) > _MAX_PROGRAMS or sum(size for _, size in _cache.values()) > _MAX_TOTAL_VALUES:
            _cache.popitem(last=False)
    return shared


def _make_twin(model: Any, signature: str) -> Any | None:
    """Create a private copy of a model, or return `None` if its configuration does not describe it completely."""
    state = random.getstate()  # Keras draws the seeds of layers from it
    try:
        with backend.blank_weights(limit=_MAX_VALUES):
            twin = type(model).from_config(model.get_config())
    except (NotImplementedError, TypeError, ValueError):
        return None
    finally:
        random.setstate(state)
    for variable, own in zip(model.variables, twin.variables, strict=False):
        own.trainable = variable.trainable
    return twin if model_signature(twin) == signature else None


def model_signature(model: Any) -> str | None:
    """Return a string that determines what a model computes, apart from its weights.

    Models with equal signatures can share programs. The result is `None` if a layer's configuration cannot be written
    as JSON, or if the model is distributed over devices.
    """
    config = _as_text(model.get_config)
    if config is None or keras.distribution.distribution() is not None:
        return None
    names = _renumbered_names(model)
    # Matches names of layers, and references to nodes of the graph such as `["dense_1", 0, 0]`.
    config = re.sub(
        r'("name": |\[(?="\w+", \d+, \d+\]))"(\w+)"', lambda at: f'{at[1]}"{names.get(at[2], at[2])}"', config
    )
    variables = [(list(one.shape), str(one.dtype), one.trainable) for one in model.variables]
    return json.dumps([config, variables, keras.config.floatx(), os.environ.get("SYNTAGMA_KERNEL", "")])


def _compile_config(model: Any) -> Any:
    """Return the loss and the optimizer of a model as plain values.

    The learning rate is left out, because it is a variable of the optimizer.

    Raises:
        TypeError: If a loss is not a `keras.losses.Loss`.
    """
    config = model.get_compile_config()
    config["optimizer"]["config"].pop("learning_rate")
    losses = tree.flatten(model.loss)
    if not all(isinstance(loss, keras.losses.Loss) for loss in losses):
        raise TypeError("a function is identified by its name only.")
    return [config, [str(loss.dtype) for loss in losses], model.output_names]


def _shapes(batch: Any) -> Any:
    return tuple((one.shape, str(one.dtype)) for one in tree.flatten(batch) if one is not None)


def _as_text(config: Callable[[], Any]) -> str | None:
    try:
        return json.dumps(config(), sort_keys=True)
    except (NotImplementedError, TypeError, ValueError, OSError, RuntimeError):
        return None


def _renumbered_names(model: Any) -> dict[str, str]:
    """Return new names for a model's automatically named layers, in a dictionary keyed by current name.

    Keras numbers such layers consecutively across the whole process, so the layers of equal models have different
    names.
    """
    names: dict[str, str] = {}
    for operation in _operations(model):
        kind = _snake_case(type(operation).__name__)
        if operation.name not in names and re.fullmatch(rf"{kind}(_\d+)?", operation.name):
            names[operation.name] = f"{kind} {len(names)}"
    return names


def _operations(model: Any) -> list[Any]:
    """Return a list with a model or layer, followed by all operations that it contains at any depth."""
    return [model, *(one for part in getattr(model, "operations", []) for one in _operations(part))]


def _snake_case(name: str) -> str:
    return re.sub("([a-z])([A-Z])", r"\1_\2", re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)).lower()
