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
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from keras import tree

from syntagma import backend

# A program keeps the model that it was traced from; only small ones are kept, which are those that profit.
_MOST_PROGRAMS = 64
_MOST_VALUES = 2_000_000
_MOST_VALUES_TOGETHER = 8_000_000


class _Kept(NamedTuple):
    """A program, the model and the optimizer that it was traced from, and the number of values of the model."""

    program: Any
    model: Any
    optimizer: Any
    values: int


_kept: OrderedDict[str, _Kept] = OrderedDict()
_lock = threading.Lock()


def predict(model: Any, inputs: Mapping[str, Any]) -> Any:
    """Return the outputs of a functional Keras model for one batch, as NumPy arrays.

    The model is not changed, and several threads may do this at once.
    """
    if backend.name() != "jax":
        return model.predict_on_batch(dict(inputs))
    program = getattr(model, "_output_program", None)
    if program is None:
        program = model._output_program = _shared("outputs", model, lambda: OutputProgram(model))
    return program.run(model, inputs)


def share_training(model: Any) -> None:
    """Give a compiled Keras model the training program of an earlier one that was built and compiled alike."""
    if backend.name() != "jax":
        return

    def make() -> Any:
        model.make_train_function()
        return model.train_function

    compiled = _as_text(lambda: [model.get_compile_config(), model.output_names])
    if compiled is not None:
        # Tracing leaves notes on layers: each thread has programs of its own.
        model.train_function = _shared(f"training {threading.get_ident()} {compiled}", model, make)


class OutputProgram:
    """The outputs of a model as a pure function of its values and its inputs."""

    def __init__(self, model: Any):
        self._outputs = backend.compiled(
            lambda trainable, others, inputs: model.stateless_call(trainable, others, inputs, training=False)[0]
        )
        self._known: set[Any] = set()
        self._tracing = threading.Lock()

    def run(self, model: Any, inputs: Mapping[str, Any]) -> Any:
        """Return the outputs of `model`, which is the one it was made of, or one built like it."""
        shapes = tuple((name, one.shape, one.dtype.str) for name, one in sorted(inputs.items()))
        if shapes in self._known:
            return self._run(model, inputs)
        with self._tracing:  # layers are Python objects, which two threads may not trace at once
            outputs = self._run(model, inputs)
        self._known.add(shapes)
        return outputs

    def _run(self, model: Any, inputs: Mapping[str, Any]) -> Any:
        values = [[one.value for one in part] for part in (model.trainable_variables, model.non_trainable_variables)]
        return tree.map_structure(np.array, self._outputs(*values, dict(inputs)))


def _shared(purpose: str, model: Any, make: Callable[[], Any]) -> Any:
    """Return the program that was kept for this purpose and a model of this shape, else a new one."""
    values = sum(math.prod(variable.shape) for variable in model.variables)
    shape = shape_of(model) if values <= _MOST_VALUES else None
    if shape is None:
        return make()
    key = f"{purpose} {shape}"
    with _lock:
        found = _kept.pop(key, None)
        # The earlier model may have been changed by its owner since.
        if found is None or _optimizer(found.model) is not found.optimizer or shape_of(found.model) != shape:
            found = _Kept(make(), model, _optimizer(model), values)
        _kept[key] = found
        while len(_kept) > _MOST_PROGRAMS or sum(one.values for one in _kept.values()) > _MOST_VALUES_TOGETHER:
            _kept.popitem(last=False)
    return found.program


def _optimizer(model: Any) -> Any:
    return getattr(model, "optimizer", None)  # a model that was not compiled has no such attribute


def shape_of(model: Any) -> str | None:
    """Return all that decides what a model computes, but its weights; `None` where a layer does not tell."""
    config = _as_text(model.get_config)
    if config is None:
        return None
    for old, new in _numbered_anew(model).items():
        config = config.replace(json.dumps(old), json.dumps(new))
    variables = [(list(one.shape), str(one.dtype), one.trainable) for one in model.variables]
    kernel = os.environ.get("SYNTAGMA_KERNEL", "")
    return json.dumps([config, variables, kernel])


def _as_text(config: Callable[[], Any]) -> str | None:
    try:
        return json.dumps(config(), sort_keys=True)
    except (NotImplementedError, TypeError, ValueError):
        return None


def _numbered_anew(model: Any) -> dict[str, str]:
    """Return new names for what Keras named by itself: it counts through the whole process."""
    names: dict[str, str] = {}
    for operation in _operations(model):
        kind = _snake_case(type(operation).__name__)
        if re.fullmatch(rf"{kind}(_\d+)?", operation.name):
            names[operation.name] = f"{kind} {len(names)}"
    return names


def _operations(model: Any) -> list[Any]:
    """Return a model or layer, and the operations in it."""
    return [model, *(one for part in getattr(model, "operations", []) for one in _operations(part))]


def _snake_case(name: str) -> str:
    return re.sub("([a-z])([A-Z])", r"\1_\2", re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)).lower()
