"""Copying from a source: the probabilities of words that are generated or copied."""

import numpy as np
import pytest
from keras import ops

from syntagma.ops.copying import copied_mass, extended_log_probs, mixed_log_probs, target_log_probs

pytestmark = pytest.mark.backend

RANDOM = np.random.default_rng(3)
V, S = 6, 4
# Word 2 occurs twice in the first source. Ids 7 and 9 are words that the vocabulary does not have.
TOKENS = np.array([[2, 7, 2, 9], [5, 5, 5, 0]], np.int32)
LOGITS = RANDOM.normal(size=(2, 3, V)).astype(np.float32)
GATE = RANDOM.normal(size=(2, 3)).astype(np.float32)
WEIGHTS = RANDOM.dirichlet(np.ones(S), size=(2, 3)).astype(np.float32)
WEIGHTS[1, :, 3] = 0  # padding
WEIGHTS[1] /= WEIGHTS[1].sum(axis=-1, keepdims=True)


def expected():
    """Return the probabilities (B, T, V + S), computed one by one."""
    generate = 1 / (1 + np.exp(-GATE))
    vocabulary = np.exp(LOGITS) / np.exp(LOGITS).sum(axis=-1, keepdims=True)
    result = np.concatenate([generate[..., None] * vocabulary, np.zeros((2, 3, S))], axis=-1)
    for row, step, place in np.ndindex(2, 3, S):
        result[row, step, TOKENS[row, place]] += (1 - generate[row, step]) * WEIGHTS[row, step, place]
    return result


def test_the_extended_distribution_equals_the_formula_and_sums_to_one():
    log_probs = ops.convert_to_numpy(extended_log_probs(*map(ops.convert_to_tensor, (LOGITS, GATE, WEIGHTS, TOKENS))))
    assert np.allclose(np.exp(log_probs), expected(), atol=1e-6)
    assert np.allclose(np.exp(log_probs).sum(axis=-1), 1, atol=1e-5)


def test_the_log_probabilities_of_targets_equal_the_extended_distribution():
    for target in range(V + S):
        targets = np.full((2, 3), target, np.int32)
        arguments = map(ops.convert_to_tensor, (LOGITS, GATE, WEIGHTS, TOKENS, targets))
        log_probs, copied = map(ops.convert_to_numpy, mixed_log_probs(*arguments))
        assert np.allclose(np.exp(log_probs), expected()[..., target], atol=1e-6)
        assert (log_probs <= 0).all()
        mass = (1 - 1 / (1 + np.exp(-GATE))) * ((TOKENS[:, None] == target) * WEIGHTS).sum(axis=-1)
        assert np.allclose(copied * expected()[..., target], mass, atol=1e-6)


def test_the_weights_of_repeated_words_add_up():
    mass = ops.convert_to_numpy(
        copied_mass(*map(ops.convert_to_tensor, (WEIGHTS, TOKENS, np.array([[2, 7, 3]] * 2, np.int32))))
    )
    assert np.allclose(mass[0], [WEIGHTS[0, 0, [0, 2]].sum(), WEIGHTS[0, 1, 1], 0], atol=1e-6)


@pytest.mark.parametrize("gate", [-60.0, 60.0])
def test_a_closed_gate_leaves_only_one_of_both(gate):
    gates = np.full((2, 3), gate, np.float32)
    targets = np.array([[2, 7, 3]] * 2, np.int32)
    log_probs, copied = map(
        ops.convert_to_numpy, mixed_log_probs(*map(ops.convert_to_tensor, (LOGITS, gates, WEIGHTS, TOKENS, targets)))
    )
    if gate > 0:
        plain = ops.convert_to_numpy(target_log_probs(ops.convert_to_tensor(LOGITS), ops.convert_to_tensor(targets)))
        assert np.allclose(log_probs[:, ::2], plain[:, ::2], atol=1e-5)
        assert np.allclose(copied[:, ::2], 0)
    else:
        assert np.allclose(np.exp(log_probs[0, :2]), [WEIGHTS[0, 0, [0, 2]].sum(), WEIGHTS[0, 1, 1]], atol=1e-5)
        assert np.allclose(copied[0, :2], 1)


def test_a_word_that_can_be_neither_generated_nor_copied_has_a_finite_loss():
    targets = np.full((2, 3), V + 2, np.int32)
    log_probs, copied = map(
        ops.convert_to_numpy, mixed_log_probs(*map(ops.convert_to_tensor, (LOGITS, GATE, WEIGHTS, TOKENS, targets)))
    )
    assert np.isfinite(log_probs).all()
    assert (log_probs <= -69).all()
    assert not copied.any()
