"""Attention, compared with explicit loops and with closed forms of its penalties."""

import keras
import numpy as np
import pytest
from keras import ops
from scipy.special import softmax

from syntagma import backend
from syntagma.ops import attention

pytestmark = pytest.mark.backend

RANDOM = np.random.default_rng(4)


def random_array(*shape):
    return RANDOM.normal(size=shape).astype(np.float32)


def numpy(tensor):
    return ops.convert_to_numpy(tensor)


def test_weights_are_exactly_zero_at_padding_and_sum_to_one():
    scores, mask = random_array(3, 4) * 50, np.array([[1, 1, 0, 1], [0, 0, 0, 0], [1, 0, 0, 0]], bool)
    weights = numpy(attention.masked_softmax(ops.convert_to_tensor(scores), mask))
    assert not weights[~mask].any()
    assert np.allclose(weights.sum(axis=1), [1, 0, 1], atol=1e-6)
    assert np.allclose(weights[0, mask[0]], softmax(scores[0, mask[0]]), atol=1e-6)
    assert np.allclose(
        numpy(attention.masked_softmax(ops.convert_to_tensor(scores))), softmax(scores, axis=1), atol=1e-6
    )


def test_additive_scores_equal_those_of_one_matrix_over_both_inputs():
    h, s, v = random_array(2, 3, 4), random_array(2, 5, 6), random_array(7)
    w = random_array(10, 7)
    result = numpy(attention.additive_scores(h @ w[:4], s @ w[4:], ops.convert_to_tensor(v)))
    for row, target, source in np.ndindex(2, 3, 5):
        both = np.concatenate([h[row, target], s[row, source]])
        assert result[row, target, source] == pytest.approx(v @ np.tanh(both @ w), abs=1e-5)


@pytest.mark.skipif(backend.name() != "jax", reason="other backends never use the loop")
def test_scores_in_a_loop_over_positions_equal_those_of_all_positions_together(monkeypatch):
    h, s, v = random_array(2, 3, 4), random_array(2, 5, 4), ops.convert_to_tensor(random_array(4))
    together = numpy(attention.additive_scores(h, s, v))
    asked = []
    monkeypatch.setattr(attention, "_is_large", lambda *tensors: asked.append(tensors) or True)
    one_by_one = numpy(attention.additive_scores(h, s, v))
    assert asked
    np.testing.assert_allclose(one_by_one, together, atol=1e-6)


@pytest.mark.skipif(backend.name() != "jax", reason="other backends never use the loop")
def test_gradients_of_scores_in_a_loop_equal_those_of_all_positions_together(monkeypatch):
    import jax

    given = [random_array(*shape) for shape in ((2, 3, 4), (2, 5, 4), (4,), (2, 3, 5))]

    def gradients(large):
        monkeypatch.setattr(attention, "_is_large", lambda *tensors: large)
        compute = jax.jit(jax.grad(lambda h, s, v, up: (attention.additive_scores(h, s, v) * up).sum(), (0, 1, 2)))
        return compute(*given)

    for one, other in zip(gradients(True), gradients(False), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


@pytest.mark.skipif(backend.name() != "jax" or bool(backend.accelerator()), reason="other devices never use the loop")
@pytest.mark.parametrize(
    ("query_shape", "key_shape", "large"),
    [
        ((64, 16, 256), (64, 16, 256), True),
        ((64, 12, 256), (64, 12, 256), False),
        ((64, 5, 256), (64, 20, 256), False),  # beam search
        ((16, 5, 256), (16, 900, 256), True),  # beam search in long sources
        ((None, 16, 256), (None, 16, 256), False),
    ],
)
def test_the_size_decides_about_the_loop(query_shape, key_shape, large):
    assert attention._is_large(keras.KerasTensor(query_shape), keras.KerasTensor(key_shape)) is large


def test_masked_values_are_not_read():
    values = random_array(1, 3, 2)
    values[0, 2] = np.inf
    weights = np.array([[[0.25, 0.75, 0.0]]], np.float32)
    result = numpy(attention.weighted_sum(weights, values, np.array([[True, True, False]])))
    assert np.allclose(result[0, 0], 0.25 * values[0, 0] + 0.75 * values[0, 1])


@pytest.mark.parametrize("hops", [1, 3, 5])
def test_redundancy_matches_its_closed_forms(hops):
    tokens = 6
    apart = np.eye(tokens, dtype=np.float32)[:hops]
    same = np.repeat(np.eye(tokens, dtype=np.float32)[:1], hops, axis=0)
    uniform = np.full((hops, tokens), 1 / tokens, np.float32)
    result = numpy(attention.redundancy(ops.convert_to_tensor(np.stack([apart, same, uniform, 0 * uniform]))))
    evenly = hops * (1 / tokens - 1) ** 2 + hops * (hops - 1) / tokens**2
    assert np.allclose(result, [0, hops * (hops - 1), evenly, 0], atol=1e-5)


def test_last_steps_returns_the_steps_before_each_step():
    x = random_array(2, 4, 3)
    result = numpy(attention.last_steps(ops.convert_to_tensor(x), 2))
    assert result.shape == (2, 4, 2, 3)
    for step, place in np.ndindex(4, 2):
        source = step - 2 + place
        assert np.array_equal(result[:, step, place], x[:, source] if source >= 0 else np.zeros((2, 3)))
    mask = np.array([[1, 1, 0, 1], [1, 0, 0, 0]], bool)
    real = numpy(attention.last_steps_mask(ops.convert_to_tensor(x), mask, 2))
    assert real[0].tolist() == [[False, False], [False, True], [True, True], [True, False]]


def test_repetition_loss_is_zero_without_repeated_attention():
    apart, same = np.eye(3, dtype=np.float32), np.repeat(np.eye(3, dtype=np.float32)[:1], 3, axis=0)
    once = np.concatenate([same[:1], 0 * same[1:]])
    mask = np.array([[1, 1, 1], [1, 1, 1], [1, 0, 0]], bool)
    result = numpy(attention.repetition_loss(ops.convert_to_tensor(np.stack([apart, same, once])), mask))
    assert np.allclose(result, [0, 2 / 3, 0], atol=1e-6)
    weights = RANDOM.dirichlet(np.ones(5), (1, 4)).astype(np.float32)
    expected = np.mean([np.minimum(weights[0, t], weights[0, :t].sum(axis=0)).sum() for t in range(4)])
    assert numpy(attention.repetition_loss(ops.convert_to_tensor(weights)))[0] == pytest.approx(expected, abs=1e-6)


def test_uneven_coverage_loss_is_zero_for_a_total_weight_of_one_per_word():
    order = np.eye(3, dtype=np.float32)[[2, 0, 1]]
    twice = np.eye(3, dtype=np.float32)[[0, 0, 1]]
    mask = np.array([[1, 1, 1], [1, 1, 1], [1, 1, 0]], bool)
    result = numpy(attention.uneven_coverage_loss(ops.convert_to_tensor(np.stack([order, twice, twice])), mask))
    assert np.allclose(result, [0, 2, 1], atol=1e-6)
