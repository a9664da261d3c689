"""Reading and assignment of a model's weights by names that are the same in all processes and on all backends."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import keras
import numpy as np

from syntagma.arrays import array_shapes
from syntagma.errors import BundleError
from syntagma.shapes import AnyArray

# Keras numbers the cells of a process (`lstm_cell_3`); it does not change names that are set explicitly.
_NUMBERED = re.compile(r"/(lstm_cell|gru_cell|simple_rnn_cell)(_\d+)?/")


def named_weights(model: Any) -> dict[str, Any]:
    """Return the weights of a model as variables by name, such as `bilstm_0/forward_lstm_0/cell/kernel`.

    The variables are in the model's order, without those of the optimizer and the random states. In an ensemble, each
    name starts with the name of the member.
    """
    named: dict[str, Any] = {}
    for member, variable in _iterate_with_member(model):
        name = member + _NUMBERED.sub("/cell/", variable.path)
        assert name not in named, f"two weights are named {name}"
        named[name] = variable
    return named


def _iterate_with_member(model: Any) -> Iterator[tuple[str, Any]]:
    members = [layer for layer in model.layers if isinstance(layer, keras.Model)]
    if not members:
        yield from (("", variable) for variable in model.weights)
    for member in members:
        yield from ((f"{member.name}/", variable) for variable in member.weights)


def weight_arrays(model: Any) -> dict[str, AnyArray]:
    """Return the weights of a model as NumPy arrays in a dictionary with the same keys as `named_weights`."""
    # `np.ascontiguousarray` would give scalars the shape (1,).
    return {name: np.asarray(variable.numpy(), order="C") for name, variable in named_weights(model).items()}


def assign_weights(model: Any, arrays: Mapping[str, AnyArray]) -> None:
    """Assign values to all weights of a model.

    Args:
        model: Model whose weights are changed in place.
        arrays: Value of each weight, with the same keys as in `named_weights`.

    Raises:
        BundleError: If a weight is missing or unknown, or its values have the wrong shape or dtype or are not finite.
    """
    variables = named_weights(model)
    for name in sorted(set(variables) ^ set(arrays)):
        state = "is missing" if name in variables else "is unknown to the recipe's model"
        raise BundleError(f"the weight {name!r} {state}; the file belongs to another recipe or was changed.")
    shapes = array_shapes(arrays)
    for name, variable in variables.items():
        if shapes[name] != tuple(variable.shape):
            raise BundleError(f"the weight {name!r} must have shape {tuple(variable.shape)}; got {shapes[name]}.")
    for name, variable in variables.items():
        if arrays[name].dtype != np.float32:
            raise BundleError(f"the weight {name!r} must be of type float32; got {arrays[name].dtype}.")
        if not np.isfinite(arrays[name]).all():
            raise BundleError(f"the weight {name!r} holds values that are not finite; the file was changed.")
        variable.assign(arrays[name])
