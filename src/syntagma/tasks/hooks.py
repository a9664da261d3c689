"""What the skeleton of training hands to the hooks that a task fills in, and takes from them."""

from collections.abc import Callable
from typing import Any, NamedTuple

from syntagma.data.batching.rows import Rows
from syntagma.training.checkpoint import Checkpoint
from syntagma.training.config import TrainingConfig
from syntagma.training.feed import Feed
from syntagma.training.rates import RateTrial


class Following(NamedTuple):
    """Who follows a training; see `Estimator.fit`."""

    checkpoint: Checkpoint | None
    on_epoch: Callable[[dict[str, Any]], None] | None
    on_rates: Callable[[RateTrial], None] | None


class Parts(NamedTuple):
    """What a model is built from.

    Attributes:
        recipe: The recipe, with what the data decided.
        encoder: Rows to numbers: vocabularies, or a normalisation.
        labels: Outputs to labels or tags.
        start: What new weights begin with besides chance, such as word vectors; `None` if there is nothing.
    """

    recipe: Any
    encoder: Any
    labels: Any
    start: Any = None


class Held(NamedTuple):
    """Rows that are held out, as they are and encoded once."""

    table: Any
    rows: Rows


class Objective(NamedTuple):
    """What training makes small.

    Attributes:
        feed: Batches.
        loss: A Keras loss, or one per output.
        config: How the model is fitted.
        stepped: The model that is stepped, if it has more outputs than the one that predicts.
    """

    feed: Feed
    loss: Any
    config: TrainingConfig
    stepped: Any = None


DevScorer = Callable[[], dict[str, float]]
