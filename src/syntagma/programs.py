"""Compiled programs, and how models of one shape share them.

Tracing and compiling a small model takes longer than training it. Under JAX a program depends on what a model computes,
not on its weights, so that a model which is built like an earlier one can use the programs of that one. PyTorch
compiles nothing, and a graph of TensorFlow belongs to the variables it was traced with.
"""

import json
import math
import os
import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import keras
import numpy as np
from keras import tree

from syntagma import backend

# A program keeps a model of its own; only those of small models are kept, which are those that profit.
_MOST_PROGRAMS = 64
_MOST_VALUES = 2_000_000
_MOST_VALUES_TOGETHER = 8_000_000

_kept: OrderedDict[str, Any] = OrderedDict()
_lock = threading.Lock()


def predict(model: Any, inputs: Mapping[str, Any]) -> Any:
    """Return the outputs of a functional Keras model for one batch, as NumPy arrays.

    The model is not changed, and several threads may do this at once.
    """
    if backend.name() != "jax":
        return model.predict_on_batch(dict(inputs))
    program: Any
    program, seen = getattr(model, "_output_program", (None, set()))
    shapes = _shapes(inputs)
    if shapes not in seen:
        # As in Keras, a batch of a new shape meets the layers as they are now.
        if program is None or program.shape != shape_of(model):
            program, seen = _kept_program("outputs", model, OutputProgram), set()
        seen.add(shapes)
        model._output_program = program, seen
    return program.run(model, inputs)


def share_training(model: Any, compile_alike: Callable[[Any], None]) -> None:
    """Let a compiled Keras model train with the program of an earlier one that was built and compiled alike.

    `compile_alike` compiles another model as this one was.
    """
    if backend.name() != "jax":
        return
    compiled = _as_text(lambda: _compiled_how(model))
    if compiled is None:
        return

    def make(own: Any, shape: str | None) -> TrainingProgram:
        compile_alike(own)
        return TrainingProgram(own, shape)

    program = _kept_program(f"training {compiled}", model, make, owned_only=True)
    if program is not None:
        model.train_function = program


class OutputProgram:
    """The outputs of models of one shape, as a pure function of their values and of inputs.

    `model` is what is traced. If several models use the program, it is a model that nobody else has.
    """

    def __init__(self, model: Any, shape: str | None):
        self.model = model
        self.shape = shape
        place = {id(variable): number for number, variable in enumerate(model.variables)}
        parts = model.trainable_variables, model.non_trainable_variables
        places = [[place[id(variable)] for variable in part] for part in parts]

        def outputs(values: Any, inputs: Any) -> Any:
            trainable, others = ([values[number] for number in part] for part in places)
            return model.stateless_call(trainable, others, inputs, training=False)[0]

        self._outputs = backend.compiled(outputs)
        self._known: set[Any] = set()
        self._tracing = threading.Lock()

    def run(self, model: Any, inputs: Mapping[str, Any]) -> Any:
        """Return the outputs of `model`, which is of this shape."""
        shapes = _shapes(inputs)
        if shapes in self._known:
            return self._run(model, inputs)
        with self._tracing:  # tracing leaves notes on layers
            outputs = self._run(model, inputs)
        self._known.add(shapes)
        return outputs

    def _run(self, model: Any, inputs: Mapping[str, Any]) -> Any:
        return tree.map_structure(np.array, self._outputs([one.value for one in model.variables], dict(inputs)))


class TrainingProgram:
    """What Keras calls the `train_function` of a model, for all models of one shape that are compiled alike."""

    def __init__(self, model: Any, shape: str | None):
        self.model = model
        self.shape = shape
        model.make_train_function()
        self._step = model.train_function
        self._known: set[Any] = set()
        self._tracing = threading.Lock()

    def __call__(self, state: Any, batches: Iterator[Any]) -> Any:
        """Make one step: Keras' results and the new state."""
        batch = next(batches)
        shapes = tuple((one.shape, str(one.dtype)) for one in tree.flatten(batch) if one is not None)
        if shapes in self._known:
            return self._step(state, iter([batch]))
        with self._tracing:
            self.model._symbolic_build(data_batch=batch)  # of what watches the losses, as Keras does before a step
            results = self._step(state, iter([batch]))
        self._known.add(shapes)
        return results


def _kept_program(purpose: str, model: Any, make: Callable[[Any, str | None], Any], *, owned_only: bool = False) -> Any:
    """Return the program that is kept for this purpose and models of this shape, or keep a new one.

    Of a model that cannot be shared, the program is its own; `owned_only` returns `None` for it.
    """
    shape = shape_of(model)
    values = sum(math.prod(variable.shape) for variable in model.variables)
    own = None
    if shape is not None and values <= _MOST_VALUES:
        key = f"{purpose} {shape}"
        with _lock:
            if key in _kept:
                _kept.move_to_end(key)
                return _kept[key][0]
        own = _twin(model, shape)
    if own is None:
        return None if owned_only else make(model, shape)
    program = make(own, shape)
    with _lock:
        _kept[key] = program, values
        while len(_kept) > _MOST_PROGRAMS or sum(size for _, size in _kept.values()) > _MOST_VALUES_TOGETHER:
            _kept.popitem(last=False)
    return program


def _twin(model: Any, shape: str) -> Any | None:
    """Return a model of this shape that nobody else has, or `None` if its configuration does not make one."""
    try:
        with backend.blank_weights(limit=_MOST_VALUES):
            twin = type(model).from_config(model.get_config())
    except (NotImplementedError, TypeError, ValueError):
        return None
    for variable, own in zip(model.variables, twin.variables, strict=False):
        own.trainable = variable.trainable
    return twin if shape_of(twin) == shape else None


def shape_of(model: Any) -> str | None:
    """Return all that decides what a model computes, but its weights; `None` where a layer does not tell."""
    config = _as_text(model.get_config)
    if config is None or keras.distribution.distribution() is not None:
        return None
    for old, new in _numbered_anew(model).items():
        config = config.replace(json.dumps(old), json.dumps(new))
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


def _shapes(inputs: Mapping[str, Any]) -> Any:
    return tuple((name, one.shape, one.dtype.str) for name, one in sorted(inputs.items()))


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
