"""Compiled programs, and how models of one shape share them.

Tracing and compiling a small model takes longer than training it. Under JAX a program depends on what a model computes,
not on its weights, so that a model which is built like an earlier one can use the programs of that one. PyTorch
compiles nothing, and a graph of TensorFlow belongs to the variables it was traced with.
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

# A program keeps a model of its own; only those of small models are kept, which are those that profit.
_MOST_PROGRAMS = 64
_MOST_VALUES = 2_000_000
_MOST_VALUES_TOGETHER = 8_000_000

_kept: OrderedDict[str, tuple["Program", int]] = OrderedDict()
_lock = threading.Lock()


class Program:
    """A compiled function of models of one shape; one thread at a time traces it for a batch of a new shape."""

    def __init__(self, function: Callable[..., Any], shape: str | None):
        self.shape = shape
        self._function = function
        self._known: set[Any] = set()
        self._tracing = threading.Lock()

    def __call__(self, values: Any, batch: Any) -> Any:
        """Return what the function gives for the values of a model and a batch."""
        shapes = _shapes(batch)
        if shapes in self._known:
            return self._function(values, batch)
        with self._tracing:  # tracing leaves notes on layers
            results = self._function(values, batch)
        self._known.add(shapes)
        return results


def predict(model: Any, inputs: Mapping[str, Any]) -> Any:
    """Return the outputs of a functional Keras model for one batch, as NumPy arrays.

    The model is not changed, and several threads may do this at once.

    Raises:
        ForkError: See `syntagma.backend.check_process`.
    """
    backend.check_process()
    if backend.name() != "jax":
        return model.predict_on_batch(dict(inputs))
    program: Any
    program, seen = getattr(model, "_output_program", (None, set()))
    if (shapes := _shapes(inputs)) not in seen:
        # As in Keras, a batch of a new shape meets the layers as they are now.
        if program is None or program.shape != shape_of(model):
            program, seen = _program("outputs", model, _outputs) or Program(_outputs(model), shape_of(model)), set()
        seen.add(shapes)
        model._output_program = program, seen
    return tree.map_structure(np.array, program([one.value for one in model.variables], dict(inputs)))


def share_training(model: Any, compile_alike: Callable[[Any], None]) -> None:
    """Let a compiled Keras model train with the program of an earlier one that was built and compiled alike."""
    if backend.name() != "jax" or (compiled := _as_text(lambda: _compiled_how(model))) is None:
        return

    def steps(twin: Any) -> Callable[..., Any]:
        compile_alike(twin)
        twin.make_train_function()

        def step(state: Any, batch: Any) -> Any:
            twin._symbolic_build(data_batch=batch)  # of what watches the losses, as Keras does before a step
            return twin.train_function(state, iter([batch]))

        return step

    program = _program(f"training {compiled}", model, steps)
    if program is not None:
        model.train_function = lambda state, batches: program(state, next(batches))


def _outputs(model: Any) -> Callable[..., Any]:
    """Return the outputs of a model as a pure function of the values of its variables and of inputs."""
    place = {id(variable): number for number, variable in enumerate(model.variables)}
    parts = model.trainable_variables, model.non_trainable_variables
    places = [[place[id(variable)] for variable in part] for part in parts]

    def outputs(values: Any, inputs: Any) -> Any:
        trainable, others = ([values[number] for number in part] for part in places)
        return model.stateless_call(trainable, others, inputs, training=False)[0]

    return backend.compiled(outputs)


def _program(purpose: str, model: Any, function_of: Callable[[Any], Callable[..., Any]]) -> Program | None:
    """Return the program that is kept for this purpose and models of this shape, or keep a new one.

    `function_of` makes the function of a model that nobody else has; `None` is for models that cannot share.
    """
    shape = shape_of(model)
    values = sum(math.prod(variable.shape) for variable in model.variables)
    if shape is None or values > _MOST_VALUES:
        return None
    key = f"{purpose} {shape}"
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
            return _kept[key][0]
    if (twin := _twin(model, shape)) is None:
        return None
    program = Program(function_of(twin), shape)
    with _lock:
        _kept[key] = program, values
        while len(_kept) > _MOST_PROGRAMS or sum(size for _, size in _kept.values()) > _MOST_VALUES_TOGETHER:
            _kept.popitem(last=False)
    return program


def _twin(model: Any, shape: str) -> Any | None:
    """Return a model of this shape that nobody else has, or `None` if its configuration does not make one."""
    state = random.getstate()  # Keras draws seeds of layers from it
    try:
        with backend.blank_weights(limit=_MOST_VALUES):
            twin = type(model).from_config(model.get_config())
    except (NotImplementedError, TypeError, ValueError):
        return None
    finally:
        random.setstate(state)
    for variable, own in zip(model.variables, twin.variables, strict=False):
        own.trainable = variable.trainable
    return twin if shape_of(twin) == shape else None


def shape_of(model: Any) -> str | None:
    """Return all that decides what a model computes, but its weights; `None` where a layer does not tell."""
    config = _as_text(model.get_config)
    if config is None or keras.distribution.distribution() is not None:
        return None
    names = _numbered_anew(model)
    # Where a layer is named, or where a place in the graph is told: `["dense_1", 0, 0]`.
    config = re.sub(
        r'("name": |\[(?="\w+", \d+, \d+\]))"(\w+)"', lambda at: f'{at[1]}"{names.get(at[2], at[2])}"', config
    )
    variables = [(list(one.shape), str(one.dtype), one.trainable) for one in model.variables]
    return json.dumps([config, variables, keras.config.floatx(), os.environ.get("SYNTAGMA_KERNEL", "")])


def _compiled_how(model: Any) -> Any:
    """Return loss and optimizer as plain values, without the learning rate, which is a variable of the optimizer."""
    config = model.get_compile_config()
    config["optimizer"]["config"].pop("learning_rate")
    losses = tree.flatten(model.loss)
    if not all(isinstance(loss, keras.losses.Loss) for loss in losses):
        raise TypeError("a function is known by its name only.")
    return [config, [str(loss.dtype) for loss in losses], model.output_names]


def _shapes(batch: Any) -> Any:
    return tuple((one.shape, str(one.dtype)) for one in tree.flatten(batch) if one is not None)


def _as_text(config: Callable[[], Any]) -> str | None:
    try:
        return json.dumps(config(), sort_keys=True)
    except (NotImplementedError, TypeError, ValueError, OSError, RuntimeError):
        return None


def _numbered_anew(model: Any) -> dict[str, str]:
    """Return new names for what Keras named by itself: it counts through the whole process."""
    names: dict[str, str] = {}
    for operation in _operations(model):
        kind = _snake_case(type(operation).__name__)
        if operation.name not in names and re.fullmatch(rf"{kind}(_\d+)?", operation.name):
            names[operation.name] = f"{kind} {len(names)}"
    return names


def _operations(model: Any) -> list[Any]:
    """Return a model or layer, and the operations in it."""
    return [model, *(one for part in getattr(model, "operations", []) for one in _operations(part))]


def _snake_case(name: str) -> str:
    return re.sub("([a-z])([A-Z])", r"\1_\2", re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)).lower()
