"""What training is fed with, and the update that one batch makes."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from syntagma.shapes import AnyArray
from syntagma.training.config import TrainingConfig
from syntagma.training.optimizers import optimizer_for


@dataclass(frozen=True)
class TrainingBatch:
    """What one step needs.

    Attributes:
        inputs: Of the model, by name.
        targets: (B, K), or tags (B, T); a tuple of them where each output of the model has its own.
        weights: Of the rows (B,), or of the tokens (B, T); a tuple as `targets` are.
        real: Number of real rows.
        counts_real: Whether the loss is a mean over what is real already; Keras' own divide by all rows of the batch.
    """

    inputs: Mapping[str, AnyArray]
    targets: AnyArray | tuple[AnyArray, ...]
    weights: AnyArray | tuple[AnyArray, ...]
    real: int
    counts_real: bool = False


class WeightedLoss(NamedTuple):
    """What one output of a model is trained on, and how much that counts beside the others."""

    loss: Any
    weight: float


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


def compile_model(model: Any, loss: Any, config: TrainingConfig) -> None:
    """Gives a model its optimizer, built, and its loss.

    Args:
        model: A Keras model.
        loss: A Keras loss of targets and each output: where there are several, the first is only watched, and the
            others are trained. Or a `WeightedLoss` for each output.
        config: Of the optimizer.
    """
    outputs = len(model.outputs)
    losses: Any = loss
    weights = None
    if isinstance(loss, Sequence):
        losses, weights = [one.loss for one in loss], [one.weight for one in loss]
    elif outputs > 1:
        losses, weights = [loss] * outputs, [0.0] + [1.0] * (outputs - 1)
    model.compile(optimizer=optimizer_for(config), loss=losses, loss_weights=weights)
    model.optimizer.build(model.trainable_variables)


def train_step(model: Any, batch: TrainingBatch, rate: float) -> float:
    """Updates a compiled model once.

    Args:
        model: A Keras model; where it has several outputs, each has the same targets, or its own as the batch says.
        batch: What it sees.
        rate: The learning rate.

    Returns:
        The mean loss of the first output over the batch's real rows.
    """
    model.reset_metrics()  # so that the loss is this batch's own under every backend
    model.optimizer.learning_rate.assign(rate)
    outputs = len(model.outputs)
    # A list of one array would become a tensor with one dimension more.
    targets, weights = (batch.targets, batch.weights) if outputs == 1 else _for_each(outputs, batch)
    logs = model.train_on_batch(dict(batch.inputs), targets, sample_weight=weights, return_dict=True)
    loss = logs["loss"] if outputs == 1 else logs[f"{model.output_names[0]}_loss"]
    if batch.counts_real:
        return float(loss)
    # Keras divides by all rows of the batch; the filler rows have no loss.
    return float(loss) * len(batch.weights) / max(batch.real, 1)


def _for_each(outputs: int, batch: TrainingBatch) -> tuple[list[AnyArray], list[AnyArray]]:
    return _list_of(batch.targets, outputs), _list_of(batch.weights, outputs)


def _list_of(values: AnyArray | tuple[AnyArray, ...], outputs: int) -> list[AnyArray]:
    return list(values) if isinstance(values, tuple) else [values] * outputs
