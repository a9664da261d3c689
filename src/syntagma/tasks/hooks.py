"""Records that `Estimator` passes to the methods that each task implements, and receives from them."""

from collections.abc import Callable
from typing import Any, NamedTuple

from syntagma.data.batching.rows import Rows
from syntagma.training.checkpoint import Checkpoint
from syntagma.training.config import TrainingConfig
from syntagma.training.feed import Feed
from syntagma.training.rates import RateTrial


class Monitors(NamedTuple):
    """Checkpoint and callbacks of a training run; see `Estimator.fit`.

    Attributes:
        checkpoint: Checkpoint that stores the state of training, or `None`.
        on_epoch: Function called with the record of each epoch, or `None`.
        on_rates: Function called with the result of the learning-rate range test, or `None` to skip the test.
    """

    checkpoint: Checkpoint | None
    on_epoch: Callable[[dict[str, Any]], None] | None
    on_rates: Callable[[RateTrial], None] | None


class Parts(NamedTuple):
    """Everything that a network is built from, except its weights.

    Attributes:
        recipe: Recipe, completed with the settings that the data determines, such as the length of word vectors.
        encoder: Encoder of rows as arrays, which holds vocabularies or a normalisation.
        labels: Labels or tags that the outputs of the network represent.
        start: Initial weights that are not random, such as pretrained word vectors, or `None`.
    """

    recipe: Any
    encoder: Any
    labels: Any
    start: Any = None


class HeldOut(NamedTuple):
    """HeldOut-out rows, such as the dev split.

    Attributes:
        table: Rows as they were read.
        rows: The same rows, encoded.
    """

    table: Any
    rows: Rows


class Objective(NamedTuple):
    """Data, loss and model of a training run.

    Attributes:
        feed: Training batches.
        loss: Keras loss, or a list with one loss per output.
        config: Training settings.
        training_model: Model that is compiled and trained, if it has more outputs than the model that predicts. It
            shares the weights of the latter, whose output is its first. `None` trains the predicting model itself.
    """

    feed: Feed
    loss: Any
    config: TrainingConfig
    training_model: Any = None


# Returns the dev scores of the model with its current weights, by name.
DevScorer = Callable[[], dict[str, float]]
