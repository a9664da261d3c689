"""Training batches, compilation of models for training, and individual training steps."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from syntagma import programs
from syntagma.shapes import AnyArray
from syntagma.training.config import TrainingConfig
from syntagma.training.optimizers import optimizer_for


@dataclass(frozen=True)
class TrainingBatch:
    """Batch for one training step.

    Attributes:
        inputs: Inputs of the model by name, each with B rows.
        targets: Targets of the rows (B, K), or tag ids of the tokens (B, T). A tuple if each output of the model has
            its own targets.
        weights: Loss weights of the rows (B,) or of the tokens (B, T). Padding has a weight of 0. A tuple with one
            array per output if `targets` is a tuple.
        real: Number of real rows; the remaining rows of the batch are padding.
        loss_excludes_padding: Whether the loss is already a mean over the real rows or tokens. Keras losses divide by
            all rows of the batch, including padding.
    """

    inputs: Mapping[str, AnyArray]
    targets: AnyArray | tuple[AnyArray, ...]
    weights: AnyArray | tuple[AnyArray, ...]
    real: int
    loss_excludes_padding: bool = False


class WeightedLoss(NamedTuple):
    """Loss of one output of a model, and its weight in the total loss."""

    loss: Any
    weight: float


class Feed(NamedTuple):
    """Source of training batches.

    Attributes:
        batches: Function of an epoch, counted from 1, and a step, counted from 0, that returns the batches of the epoch
            from this step on. The order of the batches must depend only on the epoch, so that training can resume
            within an epoch.
        steps: Number of steps per epoch.
        rows: Number of rows per epoch.
    """

    batches: Callable[[int, int], Iterator[TrainingBatch]]
    steps: int
    rows: int


def compile_model(model: Any, loss: Any, config: TrainingConfig) -> None:
    """Compile a Keras model in place with its loss and optimizer, and build the optimizer.

    Args:
        model: Keras model with one or more outputs.
        loss: Keras loss, used for every output, or a sequence with one `WeightedLoss` per output. With a single Keras
            loss and several outputs, the loss of the first output has a weight of 0 and is only reported.
        config: Settings of training.
    """

    def compile_same(one: Any) -> None:
        _compile(one, loss, config)

    compile_same(model)
    programs.share_training(model, compile_same)


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
    """Update a compiled model once, and return the mean loss of its first output over the real rows of the batch.

    Args:
        model: Model that `compile_model` compiled.
        batch: Training batch. If the model has several outputs, all of them use the same targets and weights, unless
            these are tuples.
        rate: Learning rate of this step.
    """
    model.optimizer.learning_rate.assign(rate)
    outputs = len(model.outputs)
    targets, weights = (_per_output(one, outputs) for one in (batch.targets, batch.weights))
    logs = model.train_on_batch(dict(batch.inputs), targets, sample_weight=weights, return_dict=True)
    loss = logs["loss"] if outputs == 1 else logs[f"{model.output_names[0]}_loss"]
    if batch.loss_excludes_padding:
        return float(loss)
    # Keras divides by all rows of the batch, but padding rows contribute no loss.
    return float(loss) * len(batch.weights) / max(batch.real, 1)


def _per_output(values: AnyArray | tuple[AnyArray, ...], outputs: int) -> Any:
    if outputs == 1:  # a list of one array would become a tensor with an additional dimension
        return values
    return list(values) if isinstance(values, tuple) else [values] * outputs
