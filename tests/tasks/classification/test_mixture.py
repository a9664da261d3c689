"""The share of the network relative to the n-gram branch."""

import keras
import numpy as np
import pytest

from syntagma.layers import WeightedSum
from syntagma.metrics.calibration import fit_temperature_and_loss
from syntagma.tasks.classification.mixture import Mixture

ROWS = 400


def model():
    x = keras.Input((2,), name="x")
    both = [keras.layers.Identity(name=name)(x) for name in ("logits", "ngram_branch")]
    return keras.Model({"x": x}, WeightedSum(name="sum")(both))


def shares(model):
    return model.get_layer("sum").shares.numpy().tolist()


def outputs(network, branch):
    """Return a function that stands in for the predictions of both parts."""
    return lambda _: np.concatenate([network, branch], axis=1).astype(np.float32)


def rows(network_noise, branch_noise, seed=0):
    """Return gold labels and two sets of logits that predict them with different amounts of noise."""
    random = np.random.default_rng(seed)
    gold = random.integers(0, 2, ROWS)
    signs = 2.0 * gold[:, None] - 1
    return gold, *(signs + random.normal(0, noise, (ROWS, 1)) for noise in (network_noise, branch_noise))


@pytest.mark.parametrize(
    ("network_noise", "branch_noise", "expected"),
    [(50.0, 0.5, (0, 0.02)), (1.0, 1.0, (0.7, 1)), (2.0, 1.0, (0.2, 0.45))],
)
def test_the_dev_rows_favour_the_more_accurate_part(network_noise, branch_noise, expected):
    gold, network, branch = rows(network_noise, branch_noise)
    mixed = model()
    logits = Mixture(mixed, None).choose(outputs(network, branch), gold, "binary")
    share, one = shares(mixed)
    assert (expected[0] <= share <= expected[1], one) == (True, 1)
    assert np.allclose(logits, share * network + branch, atol=1e-5)


def test_the_scale_of_the_logits_does_not_affect_the_share():
    gold, network, branch = rows(1.0, 1.0)
    mixed = model()
    Mixture(mixed, None).choose(outputs(30 * network, 30 * branch), gold, "binary")
    assert shares(mixed)[0] >= 0.7


def test_the_share_stays_near_one_half_for_few_rows():
    gold, network, branch = rows(2.0, 0.5)
    mixed = model()
    chosen = []
    for count in (1, 20, ROWS):
        Mixture(mixed, None).choose(outputs(network[:count], branch[:count]), gold[:count], "binary")
        chosen.append(shares(mixed)[0])
    assert chosen[0] == pytest.approx(0.5, abs=0.1)
    assert chosen[0] > chosen[1] > chosen[2]


def test_the_share_is_the_posterior_mean():
    gold, network, branch = rows(2.0, 1.0)
    some = slice(0, 60)
    mixed = model()
    Mixture(mixed, None).choose(outputs(network[some], branch[some]), gold[some], "binary")
    candidates = [0, 0.25, 0.5, 0.75, 1]
    likely = [
        np.exp(-60 * fit_temperature_and_loss(share * network[some] + branch[some], gold[some], "binary")[1])
        for share in candidates
    ]
    assert shares(mixed)[0] == pytest.approx(np.average(candidates, weights=likely), abs=1e-6)


def test_a_fixed_share_is_not_changed():
    gold, network, branch = rows(50.0, 0.5)
    mixed = model()
    Mixture(mixed, 0.9).choose(outputs(network, branch), gold, "binary")
    assert shares(mixed) == pytest.approx([0.9, 1])


def test_a_new_mixture_keeps_the_share_of_the_model_or_sets_the_fixed_one():
    for given, expected in ((None, 1), (0.25, 0.25)):
        mixed = model()
        mixture = Mixture(mixed, given)
        assert shares(mixed) == [expected, 1]
        x = np.array([[1.0, -2.0]], np.float32)
        assert mixture.both.predict_on_batch({"x": x}).tolist() == [[1, -2, 1, -2]]
