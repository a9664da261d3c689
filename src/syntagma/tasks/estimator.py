"""What the models of all tasks share: settings as scikit-learn knows them, and how they are trained."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from sklearn.base import BaseEstimator

from syntagma.training.checkpoint import Checkpoint
from syntagma.training.config import TrainingConfig
from syntagma.training.feed import Feed
from syntagma.training.fitting import FitResult, Fitter
from syntagma.training.rates import RateTrial, try_rates


class Following(NamedTuple):
    """Who follows a training.

    Attributes:
        checkpoint: Where its state is kept now and then, and gone on from.
        on_epoch: Called with the record of each epoch.
        on_rates: Where given, learning rates are tried first, and this is called with what was found.
    """

    checkpoint: Checkpoint | None
    on_epoch: Callable[[dict[str, Any]], None] | None
    on_rates: Callable[[RateTrial], None] | None


class SequenceModel(BaseEstimator):
    """A model that is trained by a recipe; see the models of the tasks."""

    keras_model: Any
    history_: list[dict[str, Any]]
    seconds_: dict[str, float]

    def __init__(self, recipe: Any, settings: Mapping[str, Any] | None = None, seed: int = 0, verbose: bool = True):
        self.recipe = recipe
        self.settings = settings
        self.seed = seed
        self.verbose = verbose

    def _fit_weights(
        self,
        feed: Feed,
        loss: Any,
        config: TrainingConfig,
        dev_scorer: Callable[[], dict[str, float]] | None,
        following: Following,
        stepped: Any = None,
    ) -> FitResult:
        """Trains `keras_model`, and says in `history_`, `ending_`, `best_epoch_` and `seconds_` how that went."""
        checkpoint, on_epoch, on_rates = following
        # A training that goes on from a checkpoint has tried them already.
        if on_rates is not None and (checkpoint is None or not checkpoint.exists()):
            on_rates(try_rates(self.keras_model if stepped is None else stepped, loss, config, feed))

        def epoch_done(record: dict[str, Any]) -> None:
            self.history_ = fitter.state.history
            if on_epoch is not None:
                on_epoch(record)

        fitter = Fitter(
            self.keras_model,
            loss,
            config,
            dev_scorer=dev_scorer,
            on_epoch=epoch_done,
            checkpoint=checkpoint,
            stepped=stepped,
        )
        result = fitter.fit(feed)
        self.history_, self.ending_, self.best_epoch_ = result.history, result.ending, result.best_epoch
        self.seconds_["train"] = result.seconds
        return result
