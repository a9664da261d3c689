"""Inspection of the installation: versions, hardware, and the speed of Syntagma's LSTM compared with Keras' LSTM."""

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
    """Result of inspecting the installation.

    Attributes:
        versions: Versions of Python, Keras and the backend, as returned by `machine.versions`.
        machine: System, processor, backend and LSTM kernel, as returned by `machine.machine`.
        shape: Sizes (B, T, D, H) of the measured training step. The LSTM has H units, and its input has shape
            (B, T, D).
        rounds: Number of measured training steps per LSTM.
        step_seconds: Median time of a training step with Syntagma's LSTM, in seconds.
        keras_seconds: Median time of a training step with Keras' LSTM, in seconds. `None` if both LSTMs would use the
            same kernel.
    """

    versions: dict[str, str]
    machine: dict[str, Any]
    shape: tuple[int, int, int, int]
    rounds: int
    step_seconds: float
    keras_seconds: float | None


def examine(seconds: float = 5.0) -> Examination:
    """Measure the time of training steps, alternating between Syntagma's LSTM and Keras' LSTM.

    Args:
        seconds: Approximate duration of the measurement in seconds, excluding compilation. At least one step per LSTM
            is measured.
    """
    ours, other = LSTM(_UNITS), LSTM(_UNITS, kernel="framework")
    # The environment variable SYNTAGMA_KERNEL can make both layers use the same kernel.
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
    """Return a function that runs one training step of a small model around the given LSTM."""
    model = keras.Sequential([keras.Input(_SHAPE[1:]), keras.layers.Dense(_SHAPE[2]), layer])
    model.compile("sgd", "mse")
    random = np.random.default_rng(0)
    x = random.normal(size=_SHAPE).astype(np.float32)
    y = random.normal(size=(_SHAPE[0], _UNITS)).astype(np.float32)
    return lambda: model.train_on_batch(x, y)
