"""Training ignores padding."""

import keras
import numpy as np
import pytest
from layer_table import CASES, PADDED, TOKENS, build

pytestmark = pytest.mark.backend


def step(name, tokens):
    """Return the loss of a training step, and all weights after it."""
    model = build(name)
    model.compile(keras.optimizers.SGD(0.1), CASES[name].loss())
    tags = np.pad([[1, 2, 0, 5], [3, 4, 7, 7], [7, 7, 7, 7]], ((0, 0), (0, tokens.shape[1] - 4)), constant_values=7)
    targets = tags if name == "CRF" else np.zeros(tokens.shape, np.float32)
    loss = model.train_on_batch(tokens, targets)
    return loss, model.get_weights()


def test_a_trained_layer_ignores_padding(name):
    if CASES[name].random:
        pytest.skip("what is dropped depends on the number of tokens")
    (loss, weights), (padded_loss, padded_weights) = step(name, TOKENS), step(name, PADDED)
    assert np.isfinite(loss)
    assert loss == pytest.approx(padded_loss, rel=1e-4)
    for one, other in zip(weights, padded_weights, strict=True):
        assert np.isfinite(one).all()
        assert np.allclose(one, other, atol=1e-5)
