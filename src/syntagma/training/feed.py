"""What training is fed with, and the update that one batch makes."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from syntagma import programs
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


class Feed(NamedTuple):
    """Training batches by epoch, and how many steps and rows an epoch has.

    `batches` returns the batches of an epoch from a step on, in an order that depends on the epoch's number only.
    """

    batches: Callable[[int, int], Iterator[TrainingBatch]]
    steps: int
    rows: int


def compile_model(model: Any, loss: Any, config: TrainingConfig) -> None:
    """Give a Keras model its optimizer, built, and its loss.

    The loss is a Keras loss of targets and each output: if there are several outputs, the first is only watched, and
    the others are trained. Or it is a `WeightedLoss` for each output.
    """

    def compile_alike(one: Any) -> None:
        _compile(one, loss, config)

    compile_alike(model)
    programs.share_training(model, compile_alike)


def _compile(model: Any, loss: Any, config: TrainingConfig) -> None:
    outputs = len(model.outputs)
    losses, weights = loss, None
    if isinstance(loss, Sequence):
        losses, weights = [one.loss for one in loss], [one.weight for one in loss]
    elif outputs > 1:
        losses, weights = [loss] * outputs, [0.0] + [1.0] * (outputs - 1)
    model.compile(optimizer=optimizer_for(config), loss=losses, loss_weights=weights)
    model.optimizer.build(model.trainable_variables)


def train_step(model: Any, batch: TrainingBatch, rate: float) -> float:
    """Update a compiled model once, and return the mean loss of its first output over the batch's real rows.

    If the model has several outputs, each has the same targets, or its own as the batch says.
    """
    model.optimizer.learning_rate.assign(rate)
    outputs = len(model.outputs)
    targets, weights = (_per_output(one, outputs) for one in (batch.targets, batch.weights))
    logs = model.train_on_batch(dict(batch.inputs), targets, sample_weight=weights, return_dict=True)
    loss = logs["loss"] if outputs == 1 else logs[f"{model.output_names[0]}_loss"]
    if batch.counts_real:
        return float(loss)
    # Keras divides by all rows of the batch; the filler rows have no loss.
    return float(loss) * len(batch.weights) / max(batch.real, 1)


def _per_output(values: AnyArray | tuple[AnyArray, ...], outputs: int) -> Any:
    if outputs == 1:  # a list of one array would become a tensor with one dimension more
        return values
    return list(values) if isinstance(values, tuple) else [values] * outputs
