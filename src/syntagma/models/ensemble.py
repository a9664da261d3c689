"""Ensembles of several models of the same kind."""

from collections.abc import Sequence
from typing import Any, Literal

import keras

from syntagma.layers import AverageProbabilities


def build_ensemble(members: Sequence[Any], kind: str) -> Any:
    """Build a Keras model that averages the probabilities of its members, and returns the mean as logits.

    Args:
        members: Models with the same inputs and outputs, and with distinct names.
        kind: Kind of classification. With "multiclass", the outputs form one probability distribution. With any other
            kind, each output is a separate decision.
    """
    inputs = shared_inputs(members)
    activation: Literal["softmax", "sigmoid"] = "softmax" if kind == "multiclass" else "sigmoid"
    average = AverageProbabilities(activation, dtype="float32", name="average_probabilities")
    return keras.Model(inputs, average([member(inputs) for member in members]), name="ensemble")


def shared_inputs(members: Sequence[Any]) -> dict[str, Any]:
    """Create a dictionary of the Keras inputs of an ensemble, keyed by name. All members must have the same inputs."""
    inputs = members[0].input
    return {name: keras.Input(one.shape[1:], dtype=one.dtype, name=name) for name, one in inputs.items()}
