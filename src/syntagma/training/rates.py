"""Learning-rate range test: the training loss at learning rates that increase with each step."""

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from syntagma import backend
from syntagma.progress import Progress
from syntagma.training.config import TrainingConfig
from syntagma.training.feed import Feed, TrainingBatch, compile_model, train_step

_LOWEST, _HIGHEST = 1e-6, 1.0
_STEPS = 120
_MEMORY = 0.9  # decay of the exponential moving average of the loss
_SETTLED = 10  # steps until the average covers enough batches to distinguish a worse loss from a harder batch
_WORSE = 3.0  # multiple of the best loss at which the test stops, because this rate and all higher ones are too high
_BELOW_BEST = 10.0  # divisor of the rate with the lowest loss, because training almost diverges there


@dataclass(frozen=True)
class RateTrial:
    """Result of a learning-rate range test.

    Attributes:
        rates: Learning rates in ascending order.
        losses: Moving average of the training loss at each learning rate.
    """

    rates: list[float]
    losses: list[float]

    @property
    def suggested(self) -> float | None:
        """Suggested learning rate, a tenth of the rate with the lowest loss, rounded to one significant digit.

        The value is `None` if the loss never decreased.
        """
        best = int(np.argmin(self.losses)) if self.losses else 0
        if best == 0:
            return None
        rate = self.rates[best] / _BELOW_BEST
        digit = 10.0 ** math.floor(math.log10(rate))
        return float(f"{round(rate / digit) * digit:.0e}")


def run_range_test(model: Any, loss: Any, config: TrainingConfig, feed: Feed) -> RateTrial:
    """Run a learning-rate range test: train with rates from 1e-6 to 1, and stop when the loss becomes much worse.

    The weights and random states of the model are restored at the end, so the test does not change later training. The
    optimizer of the model is not restored.

    Args:
        model: Keras model with its initial weights.
        loss: Loss of the model, in any form that `compile_model` accepts.
        config: Settings of training. The learning rate and the schedule are not used.
        feed: Source of training batches.

    Reference: Smith, Cyclical Learning Rates for Training Neural Networks, WACV 2017.
    """
    kept = [(variable, np.array(variable.numpy())) for variable in model.variables]
    random = backend.random_state()
    compile_model(model, loss, config)
    try:
        return _losses_by_rate(model, feed)
    finally:
        for variable, value in kept:
            variable.assign(value)
        if random is not None:
            backend.set_random_state(random)


def _losses_by_rate(model: Any, feed: Feed) -> RateTrial:
    rates: list[float] = []
    losses: list[float] = []
    mean, weight, batches = 0.0, 0.0, _endless(feed)
    with Progress("Trying learning rates", total=_STEPS, unit="steps") as progress:
        for step in range(_STEPS):
            rate = _LOWEST * (_HIGHEST / _LOWEST) ** (step / (_STEPS - 1))
            loss = train_step(model, next(batches), rate)
            mean, weight = _MEMORY * mean + (1 - _MEMORY) * loss, _MEMORY * weight + 1 - _MEMORY
            settled = losses[_SETTLED:]
            if not math.isfinite(mean) or (settled and mean / weight > _WORSE * min(settled)):
                break
            rates.append(rate)
            losses.append(mean / weight)
            progress.advance(rate=rate, loss=mean / weight)
    return RateTrial(rates, losses)


def _endless(feed: Feed) -> Iterator[TrainingBatch]:
    for epoch in itertools.count(1):
        yield from feed.batches(epoch, 0)
