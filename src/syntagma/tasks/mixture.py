"""How much a network counts beside its branch of n-grams: the share that suits the dev rows best."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from syntagma.metrics.calibration import least_log_loss
from syntagma.shapes import AnyArray, FloatArray

_SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
_ROWS_TO_CHOOSE = 100


class Mixture:
    """The sum of network and branch in a classifier.

    Args:
        model: The classifier; it has a layer `sum` over the logits of both.
        share: The network's share; `None` lets the dev rows choose one of 0, 0.25, 0.5, 0.75 and 1. Where they are too
            few, the share stays as it is.
    """

    def __init__(self, model: Any, share: float | None):
        self._sum = model.get_layer("sum")
        self._fixed = share
        both = [model.get_layer(name).output for name in ("logits", "ngram_branch")]
        self.both = keras.Model(model.input, keras.layers.Concatenate(dtype="float32")(both))
        if share is not None:
            self.set(share)

    def set(self, share: float) -> None:
        """Gives the network its share; the branch has 1."""
        self._sum.set_shares(np.array([share, 1.0], np.float32))

    def choose(self, logits_of: Callable[[Any], FloatArray], gold: AnyArray, task: str) -> FloatArray:
        """Sets the share whose log loss on some rows is least, at the temperature that suits it best.

        Args:
            logits_of: Gives a model's outputs for the rows.
            gold: Their labels, as `LabelSet.encode` gives them.
            task: "binary", "multiclass" or "multilabel".

        Returns:
            The logits of the mixture for these rows, (rows, K).
        """
        network, branch = np.split(logits_of(self.both), 2, axis=1)
        if self._fixed is not None:
            share = self._fixed
        elif len(gold) < _ROWS_TO_CHOOSE:
            share = float(self._sum.shares.numpy()[0])
        else:
            losses = {share: least_log_loss(share * network + branch, gold, task)[1] for share in _SHARES}
            share = min(losses, key=lambda one: losses[one])
        self.set(share)
        return np.asarray(share * network + branch, np.float32)
