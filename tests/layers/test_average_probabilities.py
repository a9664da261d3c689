"""Averaging of probabilities, as logits."""

import keras
import numpy as np
import pytest
from keras import ops

from syntagma.layers import AverageProbabilities

pytestmark = pytest.mark.backend


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def softmax(x):
    return np.exp(x) / np.exp(x).sum(axis=-1, keepdims=True)


@pytest.mark.parametrize(("activation", "function"), [("sigmoid", sigmoid), ("softmax", softmax)])
def test_the_probabilities_are_the_mean_of_the_members(activation, function):
    logits = np.random.default_rng(0).normal(0, 3, (4, 5, 3)).astype(np.float32)
    averaged = ops.convert_to_numpy(AverageProbabilities(activation)(list(logits)))
    np.testing.assert_allclose(function(averaged), function(logits).mean(axis=0), atol=1e-6)


def test_the_average_of_one_member_is_unchanged():
    logits = np.array([[1.5, -2.0]], np.float32)
    np.testing.assert_allclose(ops.convert_to_numpy(AverageProbabilities("sigmoid")([logits])), logits, atol=1e-6)


def test_the_order_of_the_members_does_not_matter():
    first, second = np.random.default_rng(1).normal(size=(2, 4, 3)).astype(np.float32)
    layer = AverageProbabilities("softmax")
    np.testing.assert_allclose(layer([first, second]), layer([second, first]), atol=1e-6)


def test_extreme_logits_stay_finite():
    logits = [np.array([[200.0, -200.0]], np.float32), np.array([[-200.0, -200.0]], np.float32)]
    averaged = ops.convert_to_numpy(AverageProbabilities("sigmoid")(logits))
    assert np.isfinite(averaged).all()
    np.testing.assert_allclose(averaged, [[0.0, -200.0]], atol=1e-3)


def test_the_loss_of_the_average_is_at_most_the_average_loss():
    """Check Jensen's inequality for arbitrary labels."""
    random = np.random.default_rng(2)
    logits = random.normal(0, 2, (3, 50, 4)).astype(np.float32)
    gold = random.integers(0, 4, 50)
    averaged = softmax(ops.convert_to_numpy(AverageProbabilities("softmax")(list(logits))))
    rows = np.arange(50)
    assert -np.log(averaged[rows, gold]).mean() <= np.mean([-np.log(softmax(one)[rows, gold]).mean() for one in logits])


def test_an_unknown_activation_raises_an_error():
    with pytest.raises(ValueError, match="'sigmoid' or 'softmax'; got 'tanh'"):
        AverageProbabilities("tanh")


def test_it_works_in_a_functional_model():
    x = keras.Input((3,))
    mean = AverageProbabilities("softmax")([keras.layers.Dense(2)(x), keras.layers.Dense(2)(x)])
    model = keras.Model(x, mean)
    assert model.predict(np.ones((2, 3)), verbose=0).shape == (2, 2)
