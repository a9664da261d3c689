"""A stateful LSTM continues from the previous batch, even if the framework compiles the steps."""

import keras
import numpy as np
import pytest
from keras import ops

from syntagma import layers

pytestmark = pytest.mark.backend
ROWS, STEPS = 2, 4
X = np.random.default_rng(0).normal(size=(3 * ROWS, STEPS, 3)).astype(np.float32)  # three batches
TARGETS = np.zeros((3 * ROWS, 1), np.float32)


def small_model(wrap=lambda layer: layer, layer=layers.LSTM, **options):
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input(batch_shape=(ROWS, STEPS, 3)),
            wrap(layer(3, stateful=True, **options)),
            keras.layers.Dense(1),
        ]
    )
    model.compile(keras.optimizers.SGD(0.0), "mse")
    return model


def batches():
    return [(X[start : start + ROWS], TARGETS[start : start + ROWS]) for start in range(0, len(X), ROWS)]


def expected_outputs(model):
    """Return the outputs of one call per batch, starting from zero states, and reset the states."""
    model.layers[0].reset_states()
    result = np.concatenate([ops.convert_to_numpy(model(x)) for x, _ in batches()])
    model.layers[0].reset_states()
    return result


@pytest.mark.parametrize("kernel", ["auto", "framework"])
def test_steps_continue_from_the_previous_batch(kernel):
    model = small_model(kernel=kernel)
    expected = expected_outputs(model)
    as_one = layers.LSTM(3, kernel="framework")
    as_one.build((ROWS, 3 * STEPS, 3))
    as_one.set_weights(model.layers[0].get_weights())
    last = model.layers[1](as_one(np.concatenate([x for x, _ in batches()], axis=1)))
    np.testing.assert_allclose(ops.convert_to_numpy(last), expected[-ROWS:], atol=1e-5)

    np.testing.assert_allclose(model.predict(X, batch_size=ROWS, verbose=0), expected, atol=1e-5)
    model.layers[0].reset_states()
    for step in (model.train_on_batch, model.test_on_batch):
        losses = [float(step(*batch)) for batch in batches()]
        np.testing.assert_allclose(losses, (expected.reshape(3, ROWS) ** 2).mean(axis=1), atol=1e-6)
        model.layers[0].reset_states()


def test_fit_keeps_states_within_an_epoch_and_restarts_after_a_reset():
    model = small_model()
    expected = (expected_outputs(model) ** 2).mean()
    reset = keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: model.layers[0].reset_states())
    history = model.fit(X, TARGETS, batch_size=ROWS, shuffle=False, epochs=2, verbose=0, callbacks=[reset])
    np.testing.assert_allclose(history.history["loss"], [expected] * 2, rtol=1e-4)


def test_both_directions_can_be_stateful():
    model = small_model(wrap=keras.layers.Bidirectional)
    expected = expected_outputs(model)
    np.testing.assert_allclose(model.predict(X, batch_size=ROWS, verbose=0), expected, atol=1e-5)


def test_states_are_not_weights(tmp_path):
    ours, theirs = small_model(), small_model(layer=keras.layers.LSTM)
    assert [weight.shape for weight in ours.weights] == [weight.shape for weight in theirs.weights]
    ours.predict(X, batch_size=ROWS, verbose=0)
    ours.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(again.predict(X, batch_size=ROWS, verbose=0), expected_outputs(ours), atol=1e-5)
