import keras
import numpy as np
import pytest
from keras import ops

from syntagma import backend
from syntagma.training.config import TrainingConfig
from syntagma.training.optimizers import optimizer_for, reset

pytestmark = pytest.mark.backend

KINDS = {"adam": "Adam", "nadam": "Nadam", "adamw": "AdamW", "rmsprop": "RMSprop", "sgd": "SGD"}


def config(**settings):
    return TrainingConfig(epochs=1, **settings)


def apply_update(optimizer, values, gradients):
    """Return the variables after one update."""
    variables = [keras.Variable(np.array(value, np.float32)) for value in values]
    optimizer.apply([ops.convert_to_tensor(np.array(g, np.float32)) for g in gradients], variables)
    return [variable.numpy() for variable in variables]


@pytest.mark.parametrize("kind", KINDS)
def test_each_name_returns_its_optimizer(kind):
    optimizer = optimizer_for(config(optimizer=kind, beta_2=0.9, clip_norm=0.5))
    assert type(optimizer).__name__ == KINDS[kind]
    assert (optimizer.global_clipnorm, optimizer.clipnorm) == (0.5, None)
    assert getattr(optimizer, "beta_2", 0.9) == 0.9


@pytest.mark.parametrize("kind", KINDS)
def test_weight_decay_shrinks_weights_by_rate_times_decay(kind):
    settings = {"optimizer": kind, "learning_rate": 0.1}
    decayed = apply_update(optimizer_for(config(weight_decay=0.2, **settings)), [[2.0, -3.0]], [[0.0, 0.0]])
    assert decayed[0] == pytest.approx([2.0 * 0.98, -3.0 * 0.98])
    still = apply_update(optimizer_for(config(**settings)), [[2.0, -3.0]], [[0.0, 0.0]])
    assert still[0].tolist() == [2.0, -3.0]


def test_clip_norm_bounds_the_global_norm_of_the_gradients():
    optimizer = optimizer_for(config(optimizer="sgd", learning_rate=0.1, clip_norm=1.0))
    first, second = apply_update(optimizer, [[0.0], [0.0, 0.0]], [[3.0], [0.0, 4.0]])
    # The norm of (3, 0, 4) is 5. The first step with Nesterov momentum of 0.9 is 1.9 times the rate.
    assert first == pytest.approx([-0.19 * 3 / 5])
    assert second == pytest.approx([0, -0.19 * 4 / 5])


@pytest.mark.parametrize("kind", KINDS)
def test_a_reset_optimizer_updates_like_a_new_one(kind):
    """This includes Nadam, which has a variable that does not start at zero."""
    used = optimizer_for(config(optimizer=kind))
    variable = keras.Variable(np.ones(3, np.float32))
    used.build([variable])
    for _ in range(3):
        used.apply([ops.convert_to_tensor(np.array([1, -2, 3], np.float32))])
    reset(used)
    used.learning_rate.assign(0.001)
    variable.assign(np.ones(3, np.float32))
    used.apply([ops.convert_to_tensor(np.array([0.5, 0.1, -1], np.float32))])
    (expected,) = apply_update(optimizer_for(config(optimizer=kind)), [np.ones(3)], [[0.5, 0.1, -1]])
    np.testing.assert_array_equal(variable.numpy(), expected)


def test_nadam_takes_the_same_steps_in_a_model_as_alone():
    """Under JAX, training passes all state from step to step; Keras' own Nadam loses a part of it."""
    with backend.seeded(0):
        model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
    model.layers[0].kernel.assign(np.ones((1, 1)))
    model.compile(optimizer=optimizer_for(config(optimizer="nadam", learning_rate=0.1)), loss="mse")
    alone = optimizer_for(config(optimizer="nadam", learning_rate=0.1))
    weight = keras.Variable(np.ones((1, 1), np.float32))
    alone.build([weight])
    for _ in range(4):
        value = float(weight.numpy()[0, 0])
        model.train_on_batch(np.ones((1, 1), np.float32), np.zeros((1, 1), np.float32))
        alone.apply([ops.convert_to_tensor(np.array([[2 * value]], np.float32))])
    np.testing.assert_allclose(model.layers[0].kernel.numpy(), weight.numpy(), rtol=1e-5)


def descending(value):
    variable = keras.Variable(np.asarray(value, np.float32))
    variable.descent_rate, variable.descent_floor = 200.0, 0.7
    return variable


@pytest.mark.parametrize("kind", KINDS)
def test_a_variable_with_a_descent_rate_follows_the_normalised_gradient(kind):
    usual, own = keras.Variable(np.zeros(3, np.float32)), descending(np.zeros(3))
    optimizer = optimizer_for(config(optimizer=kind, learning_rate=0.01))
    gradients = np.array([[3, 0, -4], [0, 5, 0], [0.3, 0.4, 0]], np.float32)
    momentum = np.zeros(3)
    expected = np.zeros(3)
    for gradient in gradients:
        optimizer.apply([ops.convert_to_tensor(gradient)] * 2, [usual, own])
        direction = gradient / max(np.linalg.norm(gradient), 0.7)
        momentum = direction if kind == "rmsprop" else 0.9 * momentum + 0.1 * direction
        expected -= 0.01 * 200 * momentum
    assert own.numpy() == pytest.approx(expected, abs=1e-5)
    # The other variable is updated as if it were alone.
    alone = keras.Variable(np.zeros(3, np.float32))
    optimizer = optimizer_for(config(optimizer=kind, learning_rate=0.01))
    for gradient in gradients:
        optimizer.apply([ops.convert_to_tensor(gradient)], [alone])
    assert usual.numpy() == pytest.approx(alone.numpy(), abs=1e-7)


def test_a_zero_gradient_does_not_change_the_variable():
    variable = descending(np.ones(3))
    optimizer_for(config()).apply([ops.zeros(3)], [variable])
    assert variable.numpy().tolist() == [1, 1, 1]


@pytest.mark.parametrize(("size", "length"), [(1e30, 1), (1, 1), (0.07, 0.5), (7e-25, 5e-24)])
def test_steps_have_equal_length_above_the_floor_even_if_squared_gradients_overflow(size, length):
    variable = descending(np.zeros(3))
    gradient = ops.convert_to_tensor(np.array([3, 0, -4], np.float32) * np.float32(size))
    config_of_one = config(optimizer="rmsprop", learning_rate=0.01, clip_norm=None)
    optimizer_for(config_of_one).apply([gradient], [variable])
    assert variable.numpy() == pytest.approx(np.array([-1.2, 0, 1.6]) * length, rel=1e-4)
