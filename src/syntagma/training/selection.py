"""Selection of the epochs whose weights are kept, and combination of these weights into the result of training."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from syntagma.shapes import AnyArray
from syntagma.training.config import TrainingConfig

Weights = list[AnyArray]
Score = tuple[float, float]


@dataclass(frozen=True)
class EpochWeights:
    """Weights of the model after an epoch.

    Attributes:
        epoch: Epoch, counted from 1.
        score: Score of the epoch as two numbers. Larger is better, and the second number breaks ties.
        weights: Weights of the model.
    """

    epoch: int
    score: Score
    weights: Weights


class Selection:
    """Collection of the weights of the best or the last epochs. The result of training is computed from it.

    Args:
        config: Settings of training.
        has_dev: Whether epochs are scored on a dev (validation) split; if False, the last epochs are kept.
    """

    def __init__(self, config: TrainingConfig, has_dev: bool):
        self.kept: list[EpochWeights] = []
        self.best: EpochWeights | None = None
        self._last = config.keep == "last" or not has_dev
        self._count = 1 if config.combine == "none" else config.combine_epochs
        self._combine = config.combine

    def offer(self, epoch: int, score: Score, weights: Weights, *, eligible: bool = True) -> None:
        """Keep the weights of a finished epoch if the result may need them.

        Args:
            epoch: Epoch, counted from 1.
            score: Score of the epoch as two numbers; see `EpochWeights`.
            weights: Copies of the weights, which the caller must not change afterwards.
            eligible: Whether the epoch may become part of the result. The best epoch is remembered in any case, and is
                the result if no epoch is eligible.
        """
        offered = EpochWeights(epoch, score, weights)
        if self.best is None or score > self.best.score:
            self.best = offered
        if eligible:
            self.kept.append(offered)
            # The order is ascending. If scores are equal, the earlier epoch is kept.
            self.kept.sort(key=lambda kept: (kept.epoch,) if self._last else (kept.score, -kept.epoch))
            del self.kept[: -self._count]

    @property
    def epochs(self) -> list[int]:
        """Epochs in the result, with the best one first, or the last one first if the last epochs are kept."""
        return [kept.epoch for kept in reversed(self._choose())]

    def members(self) -> list[Weights]:
        """Return the weights of the result: one list for a single model, or one list per member of an ensemble."""
        chosen = [kept.weights for kept in reversed(self._choose())]
        if self._combine == "average" and len(chosen) > 1:
            return [[_mean(values) for values in zip(*chosen, strict=True)]]
        return chosen

    def _choose(self) -> list[EpochWeights]:
        return self.kept or ([self.best] if self.best else [])


def _mean(values: tuple[Any, ...]) -> AnyArray:
    total = np.mean([np.asarray(value, np.float64) for value in values], axis=0)
    mean: AnyArray = total.astype(values[0].dtype)
    return mean
