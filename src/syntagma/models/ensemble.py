"""Several models of one kind as one."""

from collections.abc import Sequence
from typing import Any, Literal

import keras

from syntagma.layers import AverageProbabilities


def build_ensemble(members: Sequence[Any], kind: str) -> Any:
    """Build one Keras model that gives the mean of its members' probabilities, as logits.

    The members have the same inputs and outputs, each with a name of its own. "multiclass" makes one distribution of
    the outputs; else each output is a decision of its own.
    """
    inputs = shared_inputs(members)
    activation: Literal["softmax", "sigmoid"] = "softmax" if kind == "multiclass" else "sigmoid"
    average = AverageProbabilities(activation, dtype="float32", name="average_probabilities")
    return keras.Model(inputs, average([member(inputs) for member in members]), name="ensemble")


def shared_inputs(members: Sequence[Any]) -> dict[str, Any]:
    """Return new inputs like those of each member."""
    given = members[0].input
    return {name: keras.Input(one.shape[1:], dtype=one.dtype, name=name) for name, one in given.items()}
