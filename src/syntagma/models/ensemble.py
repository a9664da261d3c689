"""Several models of one kind as one."""

from collections.abc import Sequence
from typing import Any

import keras

from syntagma.layers import AverageChains, AverageProbabilities


def build_ensemble(members: Sequence[Any], task: str) -> Any:
    """One Keras model that gives the mean of its members' probabilities, as logits.

    Args:
        members: Models with the same inputs and outputs, each with a name of its own.
        task: "multiclass" for one distribution over the outputs, else each output is a decision of its own.
    """
    inputs = _inputs(members)
    logits = [member(inputs) for member in members]
    mean = AverageProbabilities(
        "softmax" if task == "multiclass" else "sigmoid", dtype="float32", name="average_probabilities"
    )(logits)
    return keras.Model(inputs, mean, name="ensemble")


def build_tagger_ensemble(members: Sequence[Any]) -> Any:
    """One Keras model of several taggers: the pool of their CRFs, or the mean of the probabilities of each tag.

    Of further outputs it gives the mean of the probabilities too.

    Args:
        members: As `build_tagger` makes them, with the same inputs and outputs, each with a name of its own.
    """
    inputs = _inputs(members)
    outputs = [keras.tree.flatten(member(inputs)) for member in members]
    means = []
    for name, *same in zip(members[0].output_names, *outputs, strict=True):
        if len(same[0].shape) == 4:
            means.append(AverageChains(dtype="float32", name="average_chains")(same))
        else:
            of_name = f"average_{name}" if means else "average_probabilities"
            means.append(AverageProbabilities("softmax", dtype="float32", name=of_name)(same))
    return keras.Model(inputs, means[0] if len(means) == 1 else means, name="ensemble")


def _inputs(members: Sequence[Any]) -> dict[str, Any]:
    given = members[0].input
    return {name: keras.Input(one.shape[1:], dtype=one.dtype, name=name) for name, one in given.items()}
