"""Several taggers as one."""

from collections.abc import Sequence
from typing import Any

import keras

from syntagma.layers import AverageChains, AverageProbabilities
from syntagma.models.ensemble import shared_inputs


def build_tagger_ensemble(members: Sequence[Any]) -> Any:
    """One Keras model of several taggers: the pool of their CRFs, or the mean of the probabilities of each tag.

    Of further outputs it gives the mean of the probabilities too.

    Args:
        members: As `build_tagger` makes them, with the same inputs and outputs, each with a name of its own.
    """
    inputs = shared_inputs(members)
    outputs = [keras.tree.flatten(member(inputs)) for member in members]
    means = []
    for name, *same in zip(members[0].output_names, *outputs, strict=True):
        if len(same[0].shape) == 4:
            means.append(AverageChains(dtype="float32", name="average_chains")(same))
        else:
            of_name = f"average_{name}" if means else "average_probabilities"
            means.append(AverageProbabilities("softmax", dtype="float32", name=of_name)(same))
    return keras.Model(inputs, means[0] if len(means) == 1 else means, name="ensemble")
