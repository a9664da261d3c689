"""The NumPy reference, compared with Keras' layer and with central differences."""

from dataclasses import replace

import keras
import numpy as np
import pytest

from syntagma.kernels.lstm_numpy import LSTMInputs, lstm, lstm_gradients


def inputs(seed=0, rows=3, time=5, size=2, units=4, **others):
    random = np.random.default_rng(seed)
    shapes = [(rows, time, size), (size, 4 * units), (units, 4 * units), (4 * units,), (rows, units), (rows, units)]
    return LSTMInputs(*(random.normal(0, 0.8, shape) for shape in shapes), np.ones((rows, time), bool), **others)


MASK = np.array([[1, 1, 1, 1, 1], [1, 0, 1, 1, 0], [0, 0, 0, 0, 0]], bool)
FACTORS = np.random.default_rng(7).uniform(0.2, 2, (4, 3, 4))
CASES = {
    "plain": {},
    "holes": {"mask": MASK},
    "holes, zero outputs": {"mask": MASK, "zero_output": True},
    "backwards": {"mask": MASK, "backwards": True},
    "dropout": {"x_dropout": FACTORS[0, :, :2], "h_dropout": FACTORS},
    "dropout of the outputs": {"mask": MASK, "y_dropout": FACTORS[0]},
    "all of it": {
        "mask": MASK,
        "backwards": True,
        "x_dropout": FACTORS[:, :, :2],
        "h_dropout": FACTORS,
        "y_dropout": FACTORS[1],
    },
}


@pytest.mark.backend
@pytest.mark.parametrize("mask", [None, MASK[:2]])
def test_results_equal_those_of_keras(mask):
    arguments = inputs(rows=2) if mask is None else replace(inputs(rows=2), mask=mask)
    layer = keras.layers.LSTM(4, return_sequences=True, return_state=True)
    layer.build((2, 5, 2))
    layer.set_weights([arguments.kernel, arguments.recurrent, arguments.bias])
    result = layer(
        arguments.x.astype(np.float32),
        initial_state=[arguments.h0.astype(np.float32), arguments.c0.astype(np.float32)],
        mask=mask,
    )
    for ours, theirs in zip(lstm(arguments)[:3], result, strict=True):
        assert keras.ops.convert_to_numpy(theirs) == pytest.approx(ours, abs=1e-5)


@pytest.mark.parametrize("case", CASES)
def test_gradients_equal_central_differences(case):
    arguments = replace(inputs(), **CASES[case])
    random = np.random.default_rng(1)
    dy, dh, dc = random.normal(size=(3, 5, 4)), random.normal(size=(3, 4)), random.normal(size=(3, 4))

    def score(some):
        y, h, c, _ = lstm(some)
        return float((y * dy).sum() + (h * dh).sum() + (c * dc).sum())

    result = lstm_gradients(arguments, lstm(arguments).steps, dy, dh, dc)
    for name, gradient in result._asdict().items():
        value = getattr(arguments, name)
        for _ in range(4):
            place = tuple(random.integers(0, size) for size in value.shape)
            step = np.zeros_like(value)
            step[place] = 1e-6
            up, down = (score(replace(arguments, **{name: value + sign * step})) for sign in (1, -1))
            assert gradient[place] == pytest.approx((up - down) / 2e-6, abs=1e-6), (name, place)


def test_a_row_without_real_steps_keeps_its_state():
    arguments = replace(inputs(), mask=MASK)
    y, h, c, _ = lstm(arguments)
    assert (h[2] == arguments.h0[2]).all()
    assert (c[2] == arguments.c0[2]).all()
    assert (y[2] == arguments.h0[2]).all()
