"""Which epochs' weights are kept, and what is made of them."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from syntagma.shapes import AnyArray
from syntagma.training.config import TrainingConfig

Weights = list[AnyArray]
Figure = tuple[float, float]


@dataclass(frozen=True)
class Kept:
    """The weights after an epoch, and how good they were."""

    epoch: int
    figure: Figure
    weights: Weights


class Selection:
    """Keeps as few weights as the config asks for; without a dev split those of the last epochs."""

    def __init__(self, config: TrainingConfig, has_dev: bool):
        self.kept: list[Kept] = []
        self.best: Kept | None = None
        self._last = config.keep == "last" or not has_dev
        self._count = 1 if config.combine == "none" else config.combine_epochs
        self._combine = config.combine

    def offer(self, epoch: int, figure: Figure, weights: Weights, *, counts: bool = True) -> None:
        """Take copies of the weights of a finished epoch; the larger its figure, the better.

        `counts` says whether they may become a part of the result; the best epoch is remembered in any case.
        """
        offered = Kept(epoch, figure, weights)
        if self.best is None or figure > self.best.figure:
            self.best = offered
        if counts:
            self.kept.append(offered)
            # The newest come last, and of equals the earlier is kept.
            self.kept.sort(key=lambda kept: (kept.epoch,) if self._last else (kept.figure, -kept.epoch))
            del self.kept[: -self._count]

    @property
    def epochs(self) -> list[int]:
        """The epochs that the result is made of, the best (or last) one first."""
        return [kept.epoch for kept in reversed(self._chosen())]

    def members(self) -> list[Weights]:
        """The weights of the result: of one model, or of each member of an ensemble."""
        chosen = [kept.weights for kept in reversed(self._chosen())]
        if self._combine == "average" and len(chosen) > 1:
            return [[_mean(values) for values in zip(*chosen, strict=True)]]
        return chosen

    def _chosen(self) -> list[Kept]:
        return self.kept or ([self.best] if self.best else [])


def _mean(values: tuple[Any, ...]) -> AnyArray:
    total = np.mean([np.asarray(value, np.float64) for value in values], axis=0)
    mean: AnyArray = total.astype(values[0].dtype)
    return mean
