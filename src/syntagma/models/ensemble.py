"""Several models of one kind as one."""

from collections.abc import Sequence
from typing import Any

import keras

from syntagma.layers import AverageProbabilities


def build_ensemble(members: Sequence[Any], task: str) -> Any:
    """One Keras model that gives the mean of its members' probabilities, as logits.

    Args:
        members: Models with the same inputs and outputs, each with a name of its own.
        task: "multiclass" for one distribution over the outputs, else each output is a decision of its own.
    """
    inputs = {
        name: keras.Input(given.shape[1:], dtype=given.dtype, name=name) for name, given in members[0].input.items()
    }
    logits = [member(inputs) for member in members]
    mean = AverageProbabilities(
        "softmax" if task == "multiclass" else "sigmoid", dtype="float32", name="average_probabilities"
    )(logits)
    return keras.Model(inputs, mean, name="ensemble")
