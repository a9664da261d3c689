"""Several models of one kind as one."""

from collections.abc import Sequence
from typing import Any

import keras

from syntagma.layers import AverageProbabilities


def build_ensemble(members: Sequence[Any], kind: str) -> Any:
    """One Keras model that gives the mean of its members' probabilities, as logits.

    Args:
        members: Models with the same inputs and outputs, each with a name of its own.
        kind: "multiclass" for one distribution over the outputs, else each output is a decision of its own.
    """
    inputs = shared_inputs(members)
    logits = [member(inputs) for member in members]
    mean = AverageProbabilities(
        "softmax" if kind == "multiclass" else "sigmoid", dtype="float32", name="average_probabilities"
    )(logits)
    return keras.Model(inputs, mean, name="ensemble")


def shared_inputs(members: Sequence[Any]) -> dict[str, Any]:
    """Return new inputs like those of each member."""
    given = members[0].input
    return {name: keras.Input(one.shape[1:], dtype=one.dtype, name=name) for name, one in given.items()}
