"""The training loop, which fits a model to batches and returns the selected weights and a record of each epoch."""

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
from syntagma.training.optimizers import reset
from syntagma.training.schedule import ends_cycle, rate_at
from syntagma.training.selection import EpochWeights, Selection, Weights
from syntagma.training.state import Ending, FitState

DevScorer = Callable[[], Mapping[str, float]]
OnEpoch = Callable[[dict[str, Any]], None]


@dataclass(frozen=True)
class FitResult:
    """Result of training.

    Attributes:
        history: Record of each epoch, with its number, loss, learning rate, speed, time and dev metrics.
        epochs: Epochs whose weights were kept, the best (or last) one first.
        members: Weights of the result: one list for a single model, or one list per member of an ensemble. The trained
            model has the weights in the first list.
        ending: Reason why training ended: "epochs", "minutes", "patience", "interrupt" or "diverged".
        seconds: Wall-clock time of the steps and the dev scoring, summed over all processes if training was resumed.
    """

    history: list[dict[str, Any]]
    epochs: list[int]
    members: list[Weights]
    ending: Ending
    seconds: float

    @property
    def best_epoch(self) -> int:
        """Best epoch among `epochs`, or the last one if the last epochs were kept."""
        return self.epochs[0]


class Fitter:
    """Training loop for a Keras model.

    Args:
        model: Keras model to train.
        loss: Loss of `training_model`, in any form that `compile_model` accepts.
        config: Settings of training.
        dev_scorer: Function that scores the model with its current weights on the dev (validation) split and returns
            a dictionary of metrics keyed by name. Pass `None` if there is no dev split.
        on_epoch: Function that is called with the record of each completed epoch.
        checkpoint: Checkpoint in which the state is saved at intervals. If it already contains a state, training
            resumes from that state. By default, no state is saved.
        training_model: Model that is compiled and updated. It shares the weights of `model` and may have further
            outputs after the output of `model`. Defaults to `model`.
    """

    def __init__(
        self,
        model: Any,
        loss: Any,
        config: TrainingConfig,
        dev_scorer: DevScorer | None = None,
        on_epoch: OnEpoch | None = None,
        checkpoint: Checkpoint | None = None,
        training_model: Any = None,
    ):
        self.model = model
        self._training_model = model if training_model is None else training_model
        self.config = config
        self.state = FitState()
        self.selection = Selection(config, has_dev=dev_scorer is not None)
        self._dev_scorer = dev_scorer
        self._on_epoch = on_epoch
        self._checkpoint = checkpoint
        compile_model(self._training_model, loss, config)

    def fit(self, feed: Feed) -> FitResult:
        """Train until the epochs or minutes are completed, patience runs out, or the user presses Ctrl-C.

        Afterwards, the model has the weights of the best epoch, or of the last one if the setting `keep` is "last". If
        training is interrupted by Ctrl-C or diverges, the weights are selected from the completed epochs.

        Raises:
            ConfigError: If the loss becomes NaN or infinite in the first epoch.
            KeyboardInterrupt: If Ctrl-C is pressed in the first epoch, when there are no weights to keep yet.
        """
        self._epochs_planned = _plan_epochs(self.config, feed)
        if self._checkpoint is not None and self._checkpoint.exists():
            self._restore(*self._checkpoint.load())
        self._clock = time.monotonic()
        with _interruptible() as interrupted:
            while not self.state.ending:
                self._train_epoch(feed, interrupted)
        return self._finish()

    def _train_epoch(self, feed: Feed, interrupted: threading.Event) -> None:
        """Train for the rest of the current epoch and save the state. If training ends, set the reason in the state."""
        state = self.state
        if self._share_done(feed) >= 1 and state.history:
            state.ending = "epochs" if self.config.minutes is None else "minutes"
            return
        try:
            self._run_epoch(feed, interrupted)
        except _DivergedError as error:
            if not state.history:
                raise ConfigError(str(error)) from error
            note(f"{error} The model keeps the best epoch so far.")
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
                done = self._share_done(feed)
                if interrupted.is_set() or (done >= 1 and state.step > 0):
                    break
                state.loss_sum += batch.real * self._step(batch, done)
                state.rows += batch.real
                state.step += 1
                state.steps += 1
                self._count_time()
                _check_finite(state.loss_sum, state.epoch)
                progress.advance(batch.real, loss=state.loss_sum / state.rows, **self._dev_metric())
                if self._checkpoint is not None and self._checkpoint.due():
                    self._save()

    def _step(self, batch: TrainingBatch, done: float) -> float:
        """Update the model once, and return the mean loss over the real rows of the batch."""
        rate = rate_at(done, self.config) * self.state.rate_factor
        return train_step(self._training_model, batch, rate)

    def _share_done(self, feed: Feed) -> float:
        """Return the completed share of the planned steps or of the time budget. The share may exceed 1 at the end."""
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

    def _dev_metric(self) -> dict[str, float]:
        """Return the monitored dev metric of the last completed epoch, for the progress bar.

        The result is an empty dictionary during the first epoch, or if there is no dev split.
        """
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
            "learning_rate": float(self._training_model.optimizer.learning_rate),
            "texts_per_second": state.rows / max(state.epoch_seconds, 1e-9),
            "seconds": state.epoch_seconds,
        }
        if self._dev_scorer is not None:
            record["dev"] = dict(self._dev_scorer())
        note(f"{self._title()}: {_format_record(record)}")
        state.history.append(record)
        self._select(record)
        state.epoch, state.step, state.rows, state.loss_sum, state.epoch_seconds = state.epoch + 1, 0, 0, 0.0, 0.0
        self._count_time()
        if self._on_epoch is not None:
            self._on_epoch(record)

    def _select(self, record: dict[str, Any]) -> None:
        """Keep the weights of the epoch if the result may need them, and apply `plateau`, `patience` and `restarts`."""
        state, config = self.state, self.config
        score = self._score(record)
        better = self.selection.best is None or score > self.selection.best.score
        eligible = config.cycles == 1 or ends_cycle(state.epoch, self._epochs_planned, config.cycles)
        weights = [np.array(variable.numpy()) for variable in self.model.weights]
        self.selection.offer(state.epoch, score, weights, eligible=eligible)
        state.impatience = 0 if better else state.impatience + 1
        state.waiting = 0 if better else state.waiting + 1
        if config.plateau is not None and state.waiting >= config.plateau:
            state.rate_factor, state.waiting = state.rate_factor / 2, 0
            note(f"The dev metric has not improved for {config.plateau} epochs: the learning rate is halved.")
        if config.patience is not None and state.impatience >= config.patience:
            self._restart_or_end()

    def _restart_or_end(self) -> None:
        """Restart training from the best epoch, or end training if all restarts are used up.

        A restart halves the learning rate and resets the optimizer.
        """
        state = self.state
        if state.restarts == self.config.restarts:
            state.ending = "patience"
            return
        assert self.selection.best is not None
        state.restarts += 1
        state.rate_factor, state.impatience, state.waiting = state.rate_factor / 2, 0, 0
        _assign(self.model.weights, self.selection.best.weights)
        reset(self._training_model.optimizer)
        note(f"Restart {state.restarts} from epoch {self.selection.best.epoch}, with half the learning rate.")

    def _score(self, record: dict[str, Any]) -> tuple[float, float]:
        """Return the score of an epoch as two numbers: larger is better, and the second number breaks ties.

        With a dev split, the numbers are the monitored dev metric and the negative dev loss. If the dev loss itself is
        monitored, the numbers are the negative dev loss and 0. Without a dev split, they are the negative training loss
        and 0.
        """
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
        arrays = _pack("model", self._variables()) | _pack("optimizer", self._training_model.optimizer.variables)
        random = backend.random_state()
        arrays |= {} if random is None else {"random": random}
        kept = {kept.epoch: kept for kept in [*self.selection.kept, self.selection.best] if kept is not None}
        for epoch, one in kept.items():
            arrays |= {f"kept/{epoch}/{place}": value for place, value in enumerate(one.weights)}
        values = {
            "fit": asdict(self.state),
            "figures": {str(epoch): one.score for epoch, one in kept.items()},
            "kept": [one.epoch for one in self.selection.kept],
            "best": None if self.selection.best is None else self.selection.best.epoch,
        }
        self._checkpoint.save(values, arrays)

    def _restore(self, values: dict[str, Any], arrays: dict[str, AnyArray]) -> None:
        """Restore the state of training from a checkpoint."""
        assert self._checkpoint is not None
        self.state = FitState(**values["fit"])
        try:
            _assign(self._variables(), _unpack("model", arrays))
            _assign(self._training_model.optimizer.variables, _unpack("optimizer", arrays))
        except ValueError as error:
            raise FolderError("belongs to another recipe or version.", path=self._checkpoint.folder) from error
        kept = {
            int(epoch): EpochWeights(int(epoch), (score[0], score[1]), _unpack(f"kept/{epoch}", arrays))
            for epoch, score in values["figures"].items()
        }
        self.selection.kept = [kept[epoch] for epoch in values["kept"]]
        self.selection.best = None if values["best"] is None else kept[values["best"]]
        if "random" in arrays:
            backend.set_random_state(arrays["random"])
        self._reopen()
        note(f"Resuming in epoch {self.state.epoch}, after {self.state.steps:,} steps.")

    def _reopen(self) -> None:
        """Let restored training continue, unless it diverged or has used up its patience and restarts.

        A time budget is replaced with a number of steps.
        """
        state, config = self.state, self.config
        out_of_patience = config.patience is not None and state.impatience >= config.patience
        if state.ending != "diverged":
            state.ending = "patience" if out_of_patience and state.restarts == config.restarts else ""
        if config.minutes is not None and state.seconds > 0 and not state.planned_steps:
            # If the process was killed, the time since the last save is unknown, so the rest is planned in steps.
            state.planned_steps = max(1, round(state.steps * 60 * config.minutes / state.seconds))

    def _variables(self) -> list[Any]:
        """Return the weights and random states of the model, without the variables of its metrics."""
        metrics = {id(variable) for metric in self.model.metrics for variable in metric.variables}
        return [variable for variable in self.model.variables if id(variable) not in metrics]


class _DivergedError(Exception):
    """Error for a training loss that is NaN or infinite."""


def _plan_epochs(config: TrainingConfig, feed: Feed) -> int:
    epochs = max(config.epochs or 1, -(-config.min_steps // feed.steps))
    return -(-epochs // config.cycles) * config.cycles


def _assign(variables: list[Any], values: Weights) -> None:
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


def _pack(name: str, variables: list[Any]) -> dict[str, AnyArray]:
    """Return the values of variables as arrays named `name/0`, `name/1` and so on."""
    return {f"{name}/{place}": np.array(variable.numpy()) for place, variable in enumerate(variables)}


def _unpack(name: str, arrays: Mapping[str, AnyArray]) -> Weights:
    """Return the arrays that `_pack` stored under `name`, in order."""
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
    """Turn the first Ctrl-C within the block into an event, so that the current step can finish.

    A second Ctrl-C acts as usual.
    """
    interrupted = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield interrupted
        return
    previous = signal.getsignal(signal.SIGINT)

    def on_interrupt(signum: int, frame: object) -> None:
        interrupted.set()
        signal.signal(signal.SIGINT, previous)
        with suppress(RuntimeError):  # Ctrl-C came while a line was being printed
            note(
                "Interrupted: stopping after this step and keeping the best epoch. Press Ctrl-C again to quit at once."
            )

    signal.signal(signal.SIGINT, on_interrupt)
    try:
        yield interrupted
    finally:
        signal.signal(signal.SIGINT, previous)


def _format_record(record: Mapping[str, Any]) -> str:
    parts = [f"loss {record['loss']:.4f}"]
    parts += [f"dev {name.replace('_f1', ' F1')} {value:.4f}" for name, value in record.get("dev", {}).items()]
    return ", ".join([*parts, f"{record['texts_per_second']:,.0f} rows/s"])
