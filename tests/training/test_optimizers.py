from math import cos, pi

import keras
import numpy as np
import pytest
from keras import ops

from syntagma.training.config import TrainingConfig
from syntagma.training.optimizers import optimizer_for, rate_at

pytestmark = pytest.mark.backend

KINDS = {"adam": "Adam", "nadam": "Nadam", "adamw": "AdamW", "rmsprop": "RMSprop", "sgd": "SGD"}


def config(**settings):
    return TrainingConfig(epochs=1, **settings)


def stepped(optimizer, values, gradients):
    """Variables after one update."""
    variables = [keras.Variable(np.array(value, np.float32)) for value in values]
    optimizer.apply([ops.convert_to_tensor(np.array(g, np.float32)) for g in gradients], variables)
    return [variable.numpy() for variable in variables]


@pytest.mark.parametrize(
    ("done", "schedule", "warmup", "expected"),
    [
        (0.0, "constant", 0.0, 0.8),
        (1.0, "constant", 0.0, 0.8),
        (0.05, "constant", 0.2, 0.2),
        (0.2, "constant", 0.2, 0.8),
        (0.25, "linear", 0.0, 0.6),
        (1.0, "linear", 0.0, 0.0),
        (0.1, "linear", 0.2, 0.4),
        (0.2, "linear", 0.2, 0.8),
        (0.4, "linear", 0.2, 0.6),
        (0.0, "cosine", 0.0, 0.8),
        (0.25, "cosine", 0.0, 0.4 * (1 + cos(pi / 4))),
        (0.5, "cosine", 0.0, 0.4),
        (1.0, "cosine", 0.0, 0.0),
        (0.6, "cosine", 0.2, 0.4),
        (1.3, "cosine", 0.0, 0.0),
        (0.0, "cosine", 0.2, 0.0),
    ],
)
def test_the_rate_rises_and_falls_as_computed_by_hand(done, schedule, warmup, expected):
    given = config(learning_rate=0.8, schedule=schedule, warmup=warmup)
    assert rate_at(done, given) == pytest.approx(expected)


@pytest.mark.parametrize("kind", KINDS)
def test_each_name_gives_its_optimizer(kind):
    optimizer = optimizer_for(config(optimizer=kind, beta_2=0.9, clip_norm=0.5))
    assert type(optimizer).__name__ == KINDS[kind]
    assert (optimizer.global_clipnorm, optimizer.clipnorm) == (0.5, None)
    assert getattr(optimizer, "beta_2", 0.9) == 0.9


@pytest.mark.parametrize("kind", KINDS)
def test_decay_shrinks_the_weights_by_the_rate_times_the_decay(kind):
    settings = {"optimizer": kind, "learning_rate": 0.1}
    decayed = stepped(optimizer_for(config(weight_decay=0.2, **settings)), [[2.0, -3.0]], [[0.0, 0.0]])
    assert decayed[0] == pytest.approx([2.0 * 0.98, -3.0 * 0.98])
    still = stepped(optimizer_for(config(**settings)), [[2.0, -3.0]], [[0.0, 0.0]])
    assert still[0].tolist() == [2.0, -3.0]


def test_clipping_bounds_the_norm_of_all_gradients_together():
    optimizer = optimizer_for(config(optimizer="sgd", learning_rate=0.1, clip_norm=1.0))
    first, second = stepped(optimizer, [[0.0], [0.0, 0.0]], [[3.0], [0.0, 4.0]])
    # The norm of (3, 0, 4) is 5. The first step with Nesterov's momentum of 0.9 goes 1.9 times the rate.
    assert first == pytest.approx([-0.19 * 3 / 5])
    assert second == pytest.approx([0, -0.19 * 4 / 5])
