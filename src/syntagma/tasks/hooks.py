"""Records that `Estimator` exchanges with the methods that each task implements."""

from collections.abc import Callable
from typing import Any, NamedTuple

from syntagma.data.batching.rows import Rows
from syntagma.training.checkpoint import Checkpoint
from syntagma.training.config import TrainingConfig
from syntagma.training.feed import Feed
from syntagma.training.rates import RateTrial


class Monitors(NamedTuple):
    """Checkpoint and callbacks of a training run; see the arguments of `Estimator.fit`.

    Attributes:
        checkpoint: Checkpoint that stores the state of training, or `None`.
        on_epoch: Function called with the record of each epoch, or `None`.
        on_rates: Function called with the result of the learning-rate range test, or `None` to skip the test.
    """

    checkpoint: Checkpoint | None
    on_epoch: Callable[[dict[str, Any]], None] | None
    on_rates: Callable[[RateTrial], None] | None


class Parts(NamedTuple):
    """Parts of a model that are determined before training. The network is built from these parts.

    Attributes:
        recipe: Recipe, including the settings that the data determine, such as the length of word vectors.
        encoder: Encoder that converts rows to arrays, with its vocabularies or normalisation statistics.
        labels: Labels or tags that the outputs of the network represent.
        start: Weights that do not start at random values, such as pretrained word vectors, or `None`.
    """

    recipe: Any
    encoder: Any
    labels: Any
    start: Any = None


class HeldOut(NamedTuple):
    """Held-out rows, such as the dev split.

    Attributes:
        table: Rows as they were read.
        rows: The same rows, encoded as arrays.
    """

    table: Any
    rows: Rows


class Objective(NamedTuple):
    """Data, loss and model of a training run.

    Attributes:
        feed: Training batches.
        loss: Keras loss, or a list with one loss per output.
        config: Training settings.
        training_model: Keras model to train instead of the prediction model, or `None` to train the prediction model
            itself. The two models share their weights, and the first output of the training model is the output of the
            prediction model.
    """

    feed: Feed
    loss: Any
    config: TrainingConfig
    training_model: Any = None


# Function that scores the model with its current weights on the dev split, and returns the scores by name.
DevScorer = Callable[[], dict[str, float]]
