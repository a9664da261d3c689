"""The training loop: batches in, best weights and a history out."""

import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from syntagma.errors import ConfigError
from syntagma.progress import Progress, note
from syntagma.shapes import AnyArray
from syntagma.training.config import TrainingConfig
from syntagma.training.optimizers import optimizer_for, rate_at

DevScorer = Callable[[], Mapping[str, float]]
OnEpoch = Callable[[dict[str, Any]], None]
Ending = Literal["epochs", "minutes", "patience", "interrupt"]


@dataclass
class FitResult:
    """How a training went.

    Attributes:
        history: One record an epoch: number, loss, dev figures, learning rate, texts per second, seconds.
        best_epoch: The epoch whose weights the model now has.
        ending: What ended training.
        seconds: Wall-clock time of the steps and the dev scoring.
    """

    history: list[dict[str, Any]] = field(default_factory=list)
    best_epoch: int = 0
    ending: Ending = "epochs"
    seconds: float = 0.0


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
        batches: Gives the batches of an epoch, in an order that depends on its number only.
        steps: Number of batches in an epoch.
        rows: Number of rows in an epoch.
    """

    def __init__(self, batches: Callable[[int], Iterator[TrainingBatch]], steps: int, rows: int):
        self.batches = batches
        self.steps = steps
        self.rows = rows


class Fitter:
    """Fits a model to a feed.

    Args:
        model: A Keras model; it is compiled here.
        loss: A Keras loss of targets and the model's output.
        config: How.
        dev_scorer: Gives the dev figures of the model as it stands, or `None` where there is no dev split.
        on_epoch: Called with each record of the history.
    """

    def __init__(
        self,
        model: Any,
        loss: Any,
        config: TrainingConfig,
        dev_scorer: DevScorer | None = None,
        on_epoch: OnEpoch | None = None,
    ):
        self.model = model
        self.config = config
        self.result = FitResult()
        self._dev_scorer = dev_scorer
        self._on_epoch = on_epoch
        self._best: list[AnyArray] | None = None
        self._best_figure = (-np.inf, -np.inf)
        self._best_figure_epoch = 0
        model.compile(optimizer=optimizer_for(config), loss=loss)

    def fit(self, feed: Feed) -> FitResult:
        """Trains until the epochs or minutes are over, patience ends, or a person presses Ctrl-C.

        The model is left with the weights of the best epoch (or the last, by `keep`). After Ctrl-C it has the best
        weights so far.

        Raises:
            ConfigError: The loss is no finite number.
            KeyboardInterrupt: Ctrl-C before the first epoch was over: there is nothing to keep.
        """
        self._started = time.monotonic()
        self._epochs_planned = _epochs_planned(self.config, feed)
        with _interruptible() as interrupted:
            for epoch in self._epochs():
                loss, rows = self._run_epoch(epoch, feed, interrupted)
                if interrupted.is_set():
                    self.result.ending = "interrupt"
                    if not self.result.history:
                        raise KeyboardInterrupt
                    break
                self._finish_epoch(epoch, loss, rows)
                if self._out_of_patience(epoch):
                    self.result.ending = "patience"
                    break
        self._restore()
        self.result.seconds = time.monotonic() - self._started
        return self.result

    def _epochs(self) -> Iterator[int]:
        epoch = 0
        while self._done(epoch) < 1:
            epoch += 1
            yield epoch
        self.result.ending = "epochs" if self.config.minutes is None else "minutes"

    def _done(self, epochs: float) -> float:
        """The share of training that is over after so many epochs, or by the clock."""
        if self.config.minutes is not None:
            return (time.monotonic() - self._started) / (60 * self.config.minutes)
        return epochs / self._epochs_planned

    def _run_epoch(self, epoch: int, feed: Feed, interrupted: threading.Event) -> tuple[float, int]:
        """Returns the mean loss and the number of rows, fewer than all where time or a person ends the epoch."""
        loss_sum, rows = 0.0, 0
        self._epoch_started = time.monotonic()
        with Progress(self._title(epoch), total=feed.rows, unit="texts", last_line=False) as progress:
            for step, batch in enumerate(feed.batches(epoch)):
                done = self._done(epoch - 1 + step / feed.steps)
                if interrupted.is_set() or (done >= 1 and step > 0):
                    break
                loss_sum += batch.real * self._step(batch, done)
                _check_finite(loss_sum, epoch)
                rows += batch.real
                progress.advance(batch.real, loss=loss_sum / rows, **self._dev_shown())
        return loss_sum / max(rows, 1), rows

    def _title(self, epoch: int) -> str:
        return f"Epoch {epoch}" + (f"/{self._epochs_planned}" if self.config.minutes is None else "")

    def _step(self, batch: TrainingBatch, done: float) -> float:
        """One update; returns the mean loss of the batch's real rows."""
        self.model.reset_metrics()  # so that the loss is this batch's own under every backend
        self.model.optimizer.learning_rate.assign(rate_at(done, self.config))
        logs = self.model.train_on_batch(
            dict(batch.inputs), batch.targets, sample_weight=batch.weights, return_dict=True
        )
        # Keras divides by all rows of the batch; the filler rows have no loss.
        return float(logs["loss"]) * len(batch.weights) / max(batch.real, 1)

    def _dev_shown(self) -> dict[str, float]:
        if not self.result.history or self._dev_scorer is None:
            return {}
        return {"dev": self.result.history[-1]["dev"][self.config.monitor]}

    def _finish_epoch(self, epoch: int, loss: float, rows: int) -> None:
        seconds = time.monotonic() - self._epoch_started
        record: dict[str, Any] = {
            "epoch": epoch,
            "loss": loss,
            "learning_rate": float(self.model.optimizer.learning_rate),
            "texts_per_second": rows / seconds,
            "seconds": seconds,
        }
        if self._dev_scorer is not None:
            record["dev"] = dict(self._dev_scorer())
        note(f"{self._title(epoch)}: {_shown(record)}")
        self.result.history.append(record)
        self._remember(epoch, record)
        if self._on_epoch is not None:
            self._on_epoch(record)

    def _remember(self, epoch: int, record: dict[str, Any]) -> None:
        """Keeps a copy of the weights where this epoch is the best so far, or the last is wanted."""
        figure = self._figure(record)
        better = figure > self._best_figure
        if better:
            self._best_figure, self._best_figure_epoch = figure, epoch
        if self._dev_scorer is None or self.config.keep == "last" or better:
            self._best = [np.array(variable.numpy()) for variable in self.model.weights]
            self.result.best_epoch = epoch

    def _figure(self, record: dict[str, Any]) -> tuple[float, float]:
        """What makes one epoch better than another; of equals, the one whose probabilities fit the dev rows better."""
        if "dev" not in record:
            return -float(record["loss"]), 0.0
        value, loss = float(record["dev"][self.config.monitor]), float(record["dev"]["loss"])
        return (-loss, 0.0) if self.config.monitor == "loss" else (value, -loss)

    def _out_of_patience(self, epoch: int) -> bool:
        return self.config.patience is not None and epoch - self._best_figure_epoch >= self.config.patience

    def _restore(self) -> None:
        assert self._best is not None
        for variable, value in zip(self.model.weights, self._best, strict=True):
            variable.assign(value)


def _epochs_planned(config: TrainingConfig, feed: Feed) -> int:
    return max(config.epochs or 1, -(-config.min_steps // feed.steps))


def _check_finite(loss: float, epoch: int) -> None:
    if not np.isfinite(loss):
        raise ConfigError(
            f"the loss of epoch {epoch} is {loss}: training diverged. Lower `training.learning_rate`, or set "
            "`training.clip_norm`."
        )


@contextmanager
def _interruptible() -> Iterator[threading.Event]:
    """Turns the first Ctrl-C into a flag, so that a step is never cut in two; a second one acts as usual."""
    interrupted = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield interrupted
        return
    previous = signal.getsignal(signal.SIGINT)

    def on_interrupt(signum: int, frame: object) -> None:
        interrupted.set()
        signal.signal(signal.SIGINT, previous)
        note("Interrupted: stopping after this step; the best epoch so far is kept (Ctrl-C again to quit at once).")

    signal.signal(signal.SIGINT, on_interrupt)
    try:
        yield interrupted
    finally:
        signal.signal(signal.SIGINT, previous)


def _shown(record: Mapping[str, Any]) -> str:
    parts = [f"loss {record['loss']:.4f}"]
    parts += [f"dev {name.replace('_f1', ' F1')} {value:.4f}" for name, value in record.get("dev", {}).items()]
    return ", ".join([*parts, f"{record['texts_per_second']:,.0f} texts/s"])
