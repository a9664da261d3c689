"""The share of a text classifier's network: its weight relative to the n-gram branch, chosen on dev by default."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from syntagma.metrics.calibration import fit_temperature_and_loss
from syntagma.shapes import AnyArray, FloatArray, LabelKind

_SHARES = np.array([0.0, 0.25, 0.5, 0.75, 1.0])


class Mixture:
    """Weighted sum of the logits of a classifier's network and n-gram branch.

    The share of the network is the factor that its logits are multiplied by.

    Args:
        model: Keras model with the layers `logits` and `ngram_branch`, whose outputs the layer `sum` adds.
        share: Fixed share of the network, or `None` to choose it on the dev rows.
    """

    def __init__(self, model: Any, share: float | None):
        self._sum = model.get_layer("sum")
        self._fixed = share
        both = [model.get_layer(name).output for name in ("logits", "ngram_branch")]
        self.both = keras.Model(model.input, keras.layers.Concatenate(dtype="float32")(both))
        if share is not None:
            self.set(share)

    def set(self, share: float) -> None:
        """Set the share of the network; the share of the n-gram branch is always 1."""
        self._sum.set_shares(np.array([share, 1.0], np.float32))

    def choose(self, predict: Callable[[Any], FloatArray], gold: AnyArray, kind: LabelKind) -> FloatArray:
        """Set the share of the network to its posterior mean given labelled rows, and return the combined logits.

            share = sum_s s p(s),    p(s) ~ exp(-n loss(s))

        The sum is over s = 0, 1/4, 1/2, 3/4, 1 with equal prior probabilities. n is the number of rows, and loss(s) is
        the mean log loss with share s at its best temperature. With few rows, the share stays near 1/2. A fixed share
        is not changed.

        Args:
            predict: Function that returns the outputs of a Keras model for the rows, an array of shape (rows, 2 K).
            gold: Gold labels: class indices of shape (rows,), or 0/1 values of shape (rows, K) for multilabel
                classification.
            kind: Kind of the labels: "binary", "multiclass" or "multilabel".

        Returns:
            Combined logits, float32 (rows, K), or (rows, 1) for two classes.
        """
        network, branch = np.split(predict(self.both), 2, axis=1)
        if self._fixed is not None:
            share = self._fixed
        else:
            losses = np.array([fit_temperature_and_loss(share * network + branch, gold, kind)[1] for share in _SHARES])
            likely = np.exp(-len(gold) * (losses - losses.min()))
            share = float(_SHARES @ likely / likely.sum())
        self.set(share)
        return np.asarray(share * network + branch, np.float32)
