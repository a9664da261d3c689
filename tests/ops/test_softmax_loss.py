"""The loss of a large softmax in blocks of rows, compared with all logits at once."""

import keras
import numpy as np
import pytest
from keras import ops

from syntagma.ops.softmax_loss import softmax_loss

pytestmark = pytest.mark.backend

SIZE, WIDTH, COUNT = 11, 4, 9


def arrays(seed=0):
    """Return states, a matrix, a bias, targets and weights, of which some are 0."""
    draw = np.random.default_rng(seed)
    shapes = (COUNT, WIDTH), (SIZE, WIDTH), (SIZE,)
    targets = draw.integers(0, SIZE, COUNT).astype(np.int32)
    weights = np.array([0.5, 0, 1, 2, 0, 0.25, 0, 3, 1], np.float32)
    return [draw.normal(size=shape).astype(np.float32) for shape in shapes], targets, weights


def with_gradients(function, learned):
    """Return the value of a function and its gradients with respect to its arguments, as NumPy arrays."""
    learned = [ops.convert_to_tensor(one) for one in learned]
    if keras.backend.backend() == "jax":
        import jax

        value, gradients = jax.jit(jax.value_and_grad(function, argnums=tuple(range(len(learned)))))(*learned)
    elif keras.backend.backend() == "torch":
        import torch

        learned = [one.detach().clone().requires_grad_() for one in learned]
        value = function(*learned)
        gradients = torch.autograd.grad(value, learned)
    else:
        import tensorflow

        with tensorflow.GradientTape() as tape:
            tape.watch(learned)
            value = function(*learned)
        gradients = tape.gradient(value, learned)
    return [ops.convert_to_numpy(one) for one in (value, *gradients)]


def plain(states, matrix, bias, targets, weights, smoothing):
    log_probs = ops.log_softmax(ops.matmul(states, ops.transpose(matrix)) + bias, axis=-1)
    chosen = ops.sum(log_probs * ops.one_hot(targets, SIZE, dtype="float32"), axis=-1)
    return ops.sum(
        ops.convert_to_tensor(weights) * (-(1 - smoothing) * chosen - smoothing * ops.mean(log_probs, axis=-1))
    )


@pytest.mark.parametrize("rows", [1, 2, 4, 6, 9, 16])
@pytest.mark.parametrize("smoothing", [0.0, 0.3])
def test_blocks_give_the_loss_and_gradients_of_all_rows_together(rows, smoothing):
    learned, targets, weights = arrays()
    expected = with_gradients(lambda *one: plain(*one, targets, weights, smoothing), learned)
    found = with_gradients(lambda *one: softmax_loss(*one, targets, weights, smoothing, rows), learned)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)
    assert np.abs(found[1][weights > 0]).min() > 1e-6


def test_a_factor_of_the_loss_multiplies_its_gradients():
    learned, targets, weights = arrays()
    single = with_gradients(lambda *one: softmax_loss(*one, targets, weights), learned)
    double = with_gradients(lambda *one: -2.0 * softmax_loss(*one, targets, weights), learned)
    for one, other in zip(single, double, strict=True):
        np.testing.assert_allclose(other, -2 * one, rtol=1e-5)


def test_rows_without_weight_are_not_read():
    learned, targets, weights = arrays()
    expected = with_gradients(lambda *one: softmax_loss(*one, targets, weights, 0.1, 4), learned)
    learned[0][weights == 0], targets[weights == 0] = np.nan, SIZE + 5
    found = with_gradients(lambda *one: softmax_loss(*one, targets, weights, 0.1, 4), learned)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)
    assert not found[1][weights == 0].any()


def test_without_any_weight_the_loss_and_its_gradients_are_zero():
    learned, targets, weights = arrays()
    for result in with_gradients(lambda *one: softmax_loss(*one, targets, 0 * weights, rows=4), learned):
        assert not result.any()


def test_no_rows_have_no_loss():
    learned, targets, weights = arrays()
    learned[0] = learned[0][:0]
    found = with_gradients(lambda *one: softmax_loss(*one, targets[:0], weights[:0], rows=4), learned)
    assert not any(one.any() for one in found)
    assert found[1].shape == (0, WIDTH)


def test_large_logits_do_not_overflow():
    learned, targets, weights = arrays()
    learned[0] *= 1000
    found = with_gradients(lambda *one: softmax_loss(*one, targets, weights), learned)
    assert all(np.isfinite(one).all() for one in found)
