"""How much a network counts beside its branch of n-grams: the share that the dev rows make likely."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from syntagma.metrics.calibration import least_log_loss
from syntagma.shapes import AnyArray, FloatArray, LabelKind

_SHARES = np.array([0.0, 0.25, 0.5, 0.75, 1.0])


class Mixture:
    """The sum of network and branch in a classifier.

    Args:
        model: The classifier; it has a layer `sum` over the logits of both.
        share: The network's share; `None` lets the dev rows choose.
    """

    def __init__(self, model: Any, share: float | None):
        self._sum = model.get_layer("sum")
        self._fixed = share
        both = [model.get_layer(name).output for name in ("logits", "ngram_branch")]
        self.both = keras.Model(model.input, keras.layers.Concatenate(dtype="float32")(both))
        if share is not None:
            self.set(share)

    def set(self, share: float) -> None:
        """Give the network its share; the branch has 1."""
        self._sum.set_shares(np.array([share, 1.0], np.float32))

    def choose(self, logits_of: Callable[[Any], FloatArray], gold: AnyArray, kind: LabelKind) -> FloatArray:
        """Set the share that some rows make likely, and return the logits of the mixture for them, (rows, K).

            share = sum_s s p(s),    p(s) ~ exp(-n loss(s))

        over s = 0, 1/4, 1/2, 3/4, 1, all equally likely before the n rows were seen, with loss(s) the log loss at the
        temperature that suits s best: few rows say little, and leave the share near 1/2. `logits_of` returns a model's
        outputs for the rows, whose labels are `gold`.
        """
        network, branch = np.split(logits_of(self.both), 2, axis=1)
        if self._fixed is not None:
            share = self._fixed
        else:
            losses = np.array([least_log_loss(share * network + branch, gold, kind)[1] for share in _SHARES])
            likely = np.exp(-len(gold) * (losses - losses.min()))
            share = float(_SHARES @ likely / likely.sum())
        self.set(share)
        return np.asarray(share * network + branch, np.float32)
