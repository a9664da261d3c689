"""What this installation runs on, and how fast its LSTM is beside the loop of Keras."""

import time
from statistics import median
from typing import Any, NamedTuple

import keras
import numpy as np

from syntagma.layers.lstm import LSTM
from syntagma.runs.machine import machine, versions

_SHAPE = (32, 100, 32)
_UNITS = 100
_MOST_ROUNDS = 200


class Examination(NamedTuple):
    """Versions and machine, and what was measured.

    Attributes:
        shape: (B, T, D, H) of what was measured.
        rounds: Number of measurements.
        step_seconds: Median of a step of training with our LSTM.
        keras_seconds: The same with the loop of Keras, `None` if both would use one kernel.
    """

    versions: dict[str, str]
    machine: dict[str, Any]
    shape: tuple[int, int, int, int]
    rounds: int
    step_seconds: float
    keras_seconds: float | None


def examine(seconds: float = 5.0) -> Examination:
    """Measure for about this many seconds, compilation not counted; the two take turns."""
    ours, other = LSTM(_UNITS), LSTM(_UNITS, kernel="framework")
    # SYNTAGMA_KERNEL may make the two the same.
    layers = [ours] if ours.choice.kernel == other.choice.kernel else [ours, other]
    steps = [_step(layer) for layer in layers]
    for step in steps:
        step()
    times: list[list[float]] = [[] for _ in steps]
    end = time.perf_counter() + seconds
    while not times[-1] or (time.perf_counter() < end and len(times[0]) < _MOST_ROUNDS):
        for step, taken in zip(steps, times, strict=True):
            began = time.perf_counter()
            step()
            taken.append(time.perf_counter() - began)
    medians = [median(taken) for taken in times]
    return Examination(
        versions(), machine(), (*_SHAPE, _UNITS), len(times[0]), medians[0], medians[1] if len(medians) > 1 else None
    )


def _step(layer: LSTM) -> Any:
    """Return a function that trains an LSTM and what feeds it on one batch."""
    model = keras.Sequential([keras.Input(_SHAPE[1:]), keras.layers.Dense(_SHAPE[2]), layer])
    model.compile("sgd", "mse")
    random = np.random.default_rng(0)
    x = random.normal(size=_SHAPE).astype(np.float32)
    y = random.normal(size=(_SHAPE[0], _UNITS)).astype(np.float32)
    return lambda: model.train_on_batch(x, y)
