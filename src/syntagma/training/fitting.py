"""The training loop: batches in, best weights and a history out."""

import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from syntagma import backend
from syntagma.errors import ConfigError, FolderError
from syntagma.progress import Progress, note
from syntagma.shapes import AnyArray
from syntagma.training.checkpoint import Checkpoint
from syntagma.training.config import TrainingConfig
from syntagma.training.feed import Feed, TrainingBatch, compile_model, train_step
from syntagma.training.optimizers import forget
from syntagma.training.schedule import ends_cycle, rate_at
from syntagma.training.selection import Kept, Selection, Weights
from syntagma.training.state import Ending, FitState

DevScorer = Callable[[], Mapping[str, float]]
OnEpoch = Callable[[dict[str, Any]], None]


@dataclass(frozen=True)
class FitResult:
    """How a training went, with the record of each epoch.

    Attributes:
        epochs: The epochs whose weights were kept, the best (or last) one first.
        members: The weights of the result; several for an ensemble. The model has the first.
        seconds: Wall-clock time of the steps and the dev scoring, over all processes that took part.
    """

    history: list[dict[str, Any]]
    epochs: list[int]
    members: list[Weights]
    ending: Ending
    seconds: float

    @property
    def best_epoch(self) -> int:
        """Return the first of `epochs`."""
        return self.epochs[0]


class Fitter:
    """Fits a Keras model to a feed; see `compile_model` for the loss.

    `dev_scorer` returns the dev figures of the model as it is; `on_epoch` is called with each record of the history.
    The checkpoint keeps the state now and then; training continues from a state that is there. What is compiled and
    trained is `stepped`, with the weights of `model` and its output first; by default it is `model` itself.
    """

    def __init__(
        self,
        model: Any,
        loss: Any,
        config: TrainingConfig,
        dev_scorer: DevScorer | None = None,
        on_epoch: OnEpoch | None = None,
        checkpoint: Checkpoint | None = None,
        stepped: Any = None,
    ):
        self.model = model
        self._stepped = model if stepped is None else stepped
        self.config = config
        self.state = FitState()
        self.selection = Selection(config, has_dev=dev_scorer is not None)
        self._dev_scorer = dev_scorer
        self._on_epoch = on_epoch
        self._checkpoint = checkpoint
        compile_model(self._stepped, loss, config)

    def fit(self, feed: Feed) -> FitResult:
        """Train until the epochs or minutes are over, patience ends, or a person presses Ctrl-C.

        The model is left with the weights of the best epoch (or the last, by `keep`). After Ctrl-C it has the best
        weights so far, and so it has when the loss is no number any more.

        Raises:
            ConfigError: The loss is no finite number before the first epoch is over.
            KeyboardInterrupt: Ctrl-C before the first epoch was over: there is nothing to keep.
        """
        self._epochs_planned = _epochs_planned(self.config, feed)
        if self._checkpoint is not None and self._checkpoint.exists():
            self._take_up(*self._checkpoint.load())
        self._clock = time.monotonic()
        with _interruptible() as interrupted:
            while not self.state.ending:
                self._go_on(feed, interrupted)
        return self._finish()

    def _go_on(self, feed: Feed, interrupted: threading.Event) -> None:
        """Train for an epoch, or for the rest of one."""
        state = self.state
        if self._done(feed) >= 1 and state.history:
            state.ending = "epochs" if self.config.minutes is None else "minutes"
            return
        try:
            self._run_epoch(feed, interrupted)
        except _DivergedError as error:
            if not state.history:
                raise ConfigError(str(error)) from error
            note(f"{error} The best epoch so far is kept.")
            state.ending = "diverged"
            return
        if interrupted.is_set():
            self._save()
            if not state.history:
                raise KeyboardInterrupt
            state.ending = "interrupt"
            return
        self._finish_epoch()
        self._save()

    def _run_epoch(self, feed: Feed, interrupted: threading.Event) -> None:
        state = self.state
        with Progress(self._title(), total=feed.rows, unit="rows", last_line=False) as progress:
            progress.skip(state.rows)
            for batch in feed.batches(state.epoch, state.step):
                done = self._done(feed)
                if interrupted.is_set() or (done >= 1 and state.step > 0):
                    break
                state.loss_sum += batch.real * self._step(batch, done)
                state.rows += batch.real
                state.step += 1
                state.steps += 1
                self._count_time()
                _check_finite(state.loss_sum, state.epoch)
                progress.advance(batch.real, loss=state.loss_sum / state.rows, **self._dev_shown())
                if self._checkpoint is not None and self._checkpoint.due():
                    self._save()

    def _step(self, batch: TrainingBatch, done: float) -> float:
        """One update; returns the mean loss of the batch's real rows."""
        rate = rate_at(done, self.config) * self.state.rate_factor
        return train_step(self._stepped, batch, rate)

    def _done(self, feed: Feed) -> float:
        """The share of training that is over: of the steps, or of the time."""
        state = self.state
        if self.config.minutes is None:
            return (state.epoch - 1 + state.step / feed.steps) / self._epochs_planned
        if state.planned_steps:
            return state.steps / state.planned_steps
        self._count_time()
        return state.seconds / (60 * self.config.minutes)

    def _count_time(self) -> None:
        now = time.monotonic()
        self.state.seconds += now - self._clock
        self.state.epoch_seconds += now - self._clock
        self._clock = now

    def _title(self) -> str:
        return f"Epoch {self.state.epoch}" + (f"/{self._epochs_planned}" if self.config.minutes is None else "")

    def _dev_shown(self) -> dict[str, float]:
        if not self.state.history or self._dev_scorer is None:
            return {}
        return {"dev": self.state.history[-1]["dev"][self.config.monitor]}

    def _finish_epoch(self) -> None:
        state = self.state
        self._count_time()
        loss = state.loss_sum / max(state.rows, 1)
        record: dict[str, Any] = {
            "epoch": state.epoch,
            "loss": loss,
            "learning_rate": float(self._stepped.optimizer.learning_rate),
            "texts_per_second": state.rows / max(state.epoch_seconds, 1e-9),
            "seconds": state.epoch_seconds,
        }
        if self._dev_scorer is not None:
            record["dev"] = dict(self._dev_scorer())
        note(f"{self._title()}: {_shown(record)}")
        state.history.append(record)
        self._weigh(record)
        state.epoch, state.step, state.rows, state.loss_sum, state.epoch_seconds = state.epoch + 1, 0, 0, 0.0, 0.0
        self._count_time()
        if self._on_epoch is not None:
            self._on_epoch(record)

    def _weigh(self, record: dict[str, Any]) -> None:
        """Keep the epoch's weights if they are worth it, and draw the conclusions."""
        state, config = self.state, self.config
        figure = self._figure(record)
        better = self.selection.best is None or figure > self.selection.best.figure
        counts = config.cycles == 1 or ends_cycle(state.epoch, self._epochs_planned, config.cycles)
        weights = [np.array(variable.numpy()) for variable in self.model.weights]
        self.selection.offer(state.epoch, figure, weights, counts=counts)
        state.impatience = 0 if better else state.impatience + 1
        state.waiting = 0 if better else state.waiting + 1
        if config.plateau is not None and state.waiting >= config.plateau:
            state.rate_factor, state.waiting = state.rate_factor / 2, 0
            note(f"No better dev figure in {config.plateau} epochs: the learning rate is halved.")
        if config.patience is not None and state.impatience >= config.patience:
            self._restart_or_end()

    def _restart_or_end(self) -> None:
        """Out of patience: from the best epoch on with half the rate and a fresh optimizer, or an end."""
        state = self.state
        if state.restarts == self.config.restarts:
            state.ending = "patience"
            return
        assert self.selection.best is not None
        state.restarts += 1
        state.rate_factor, state.impatience, state.waiting = state.rate_factor / 2, 0, 0
        _assign(self.model.weights, self.selection.best.weights)
        forget(self._stepped.optimizer)
        note(f"Restart {state.restarts} from epoch {self.selection.best.epoch}, with half the learning rate.")

    def _figure(self, record: dict[str, Any]) -> tuple[float, float]:
        """What makes one epoch better than another; of equals, the one whose probabilities fit the dev rows better."""
        if "dev" not in record:
            return -float(record["loss"]), 0.0
        value, loss = float(record["dev"][self.config.monitor]), float(record["dev"]["loss"])
        return (-loss, 0.0) if self.config.monitor == "loss" else (value, -loss)

    def _finish(self) -> FitResult:
        members = self.selection.members()
        _assign(self.model.weights, members[0])
        state = self.state
        return FitResult(state.history, self.selection.epochs, members, state.ending, state.seconds)

    def _save(self) -> None:
        if self._checkpoint is None:
            return
        self._count_time()
        arrays = _named("model", self._variables()) | _named("optimizer", self._stepped.optimizer.variables)
        random = backend.random_state()
        arrays |= {} if random is None else {"random": random}
        kept = {kept.epoch: kept for kept in [*self.selection.kept, self.selection.best] if kept is not None}
        for epoch, one in kept.items():
            arrays |= {f"kept/{epoch}/{place}": value for place, value in enumerate(one.weights)}
        values = {
            "fit": asdict(self.state),
            "figures": {str(epoch): one.figure for epoch, one in kept.items()},
            "kept": [one.epoch for one in self.selection.kept],
            "best": None if self.selection.best is None else self.selection.best.epoch,
        }
        self._checkpoint.save(values, arrays)

    def _take_up(self, values: dict[str, Any], arrays: dict[str, AnyArray]) -> None:
        """Puts everything where it was when the state was saved."""
        assert self._checkpoint is not None
        self.state = FitState(**values["fit"])
        try:
            _assign(self._variables(), _values("model", arrays))
            _assign(self._stepped.optimizer.variables, _values("optimizer", arrays))
        except ValueError as error:
            raise FolderError("belongs to another recipe or version.", path=self._checkpoint.folder) from error
        kept = {
            int(epoch): Kept(int(epoch), (figure[0], figure[1]), _values(f"kept/{epoch}", arrays))
            for epoch, figure in values["figures"].items()
        }
        self.selection.kept = [kept[epoch] for epoch in values["kept"]]
        self.selection.best = None if values["best"] is None else kept[values["best"]]
        if "random" in arrays:
            backend.set_random_state(arrays["random"])
        self._reopen()
        note(f"Going on in epoch {self.state.epoch}, after {self.state.steps:,} steps.")

    def _reopen(self) -> None:
        """A training that ended may have more to do now: it was interrupted, or its limits were changed."""
        state, config = self.state, self.config
        out_of_patience = config.patience is not None and state.impatience >= config.patience
        if state.ending != "diverged":
            state.ending = "patience" if out_of_patience and state.restarts == config.restarts else ""
        if config.minutes is not None and state.seconds > 0 and not state.planned_steps:
            # The clock of a killed process says nothing: what is left is counted in steps, at the pace so far.
            state.planned_steps = max(1, round(state.steps * 60 * config.minutes / state.seconds))

    def _variables(self) -> list[Any]:
        """Weights and random states, without the metrics."""
        metrics = {id(variable) for metric in self.model.metrics for variable in metric.variables}
        return [variable for variable in self.model.variables if id(variable) not in metrics]


class _DivergedError(Exception):
    """The loss is no number any more."""


def _epochs_planned(config: TrainingConfig, feed: Feed) -> int:
    epochs = max(config.epochs or 1, -(-config.min_steps // feed.steps))
    return -(-epochs // config.cycles) * config.cycles


def _assign(variables: list[Any], values: Weights) -> None:
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


def _named(name: str, variables: list[Any]) -> dict[str, AnyArray]:
    return {f"{name}/{place}": np.array(variable.numpy()) for place, variable in enumerate(variables)}


def _values(name: str, arrays: Mapping[str, AnyArray]) -> Weights:
    count = sum(key.startswith(f"{name}/") for key in arrays)
    return [arrays[f"{name}/{place}"] for place in range(count)]


def _check_finite(loss: float, epoch: int) -> None:
    if not np.isfinite(loss):
        raise _DivergedError(
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
        with suppress(RuntimeError):  # Ctrl-C came while a line was being printed
            note("Interrupted: stopping after this step; the best epoch so far is kept (Ctrl-C again to quit at once).")

    signal.signal(signal.SIGINT, on_interrupt)
    try:
        yield interrupted
    finally:
        signal.signal(signal.SIGINT, previous)


def _shown(record: Mapping[str, Any]) -> str:
    parts = [f"loss {record['loss']:.4f}"]
    parts += [f"dev {name.replace('_f1', ' F1')} {value:.4f}" for name, value in record.get("dev", {}).items()]
    return ", ".join([*parts, f"{record['texts_per_second']:,.0f} rows/s"])
