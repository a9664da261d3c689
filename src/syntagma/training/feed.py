"""What training is fed with, and the update that one batch makes."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from syntagma.shapes import AnyArray


@dataclass(frozen=True)
class TrainingBatch:
    """What one step needs: model inputs by name, targets (B, K), row weights (B,), number of real rows."""

    inputs: Mapping[str, AnyArray]
    targets: AnyArray
    weights: AnyArray
    real: int


class Feed:
    """Training batches by epoch.

    Args:
        batches: Gives the batches of an epoch from a step on, in an order that depends on its number only.
        steps: Number of batches in an epoch.
        rows: Number of rows in an epoch.
    """

    def __init__(self, batches: Callable[[int, int], Iterator[TrainingBatch]], steps: int, rows: int):
        self.batches = batches
        self.steps = steps
        self.rows = rows


def train_step(model: Any, batch: TrainingBatch, rate: float) -> float:
    """Updates a compiled model once, and gives the mean loss of the batch's real rows."""
    model.reset_metrics()  # so that the loss is this batch's own under every backend
    model.optimizer.learning_rate.assign(rate)
    logs = model.train_on_batch(dict(batch.inputs), batch.targets, sample_weight=batch.weights, return_dict=True)
    # Keras divides by all rows of the batch; the filler rows have no loss.
    return float(logs["loss"]) * len(batch.weights) / max(batch.real, 1)
