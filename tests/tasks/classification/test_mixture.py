"""The share of the network beside its branch of n-grams."""

import keras
import numpy as np
import pytest

from syntagma.layers import WeightedSum
from syntagma.metrics.calibration import least_log_loss
from syntagma.tasks.classification.mixture import Mixture

ROWS = 400


def model():
    x = keras.Input((2,), name="x")
    both = [keras.layers.Identity(name=name)(x) for name in ("logits", "ngram_branch")]
    return keras.Model({"x": x}, WeightedSum(name="sum")(both))


def shares(model):
    return model.get_layer("sum").shares.numpy().tolist()


def outputs(network, branch):
    """What the model of both would give."""
    return lambda _: np.concatenate([network, branch], axis=1).astype(np.float32)


def rows(network_noise, branch_noise, seed=0):
    """Gold labels, and two sets of logits that know them more or less well."""
    random = np.random.default_rng(seed)
    gold = random.integers(0, 2, ROWS)
    signs = 2.0 * gold[:, None] - 1
    return gold, *(signs + random.normal(0, noise, (ROWS, 1)) for noise in (network_noise, branch_noise))


@pytest.mark.parametrize(
    ("network_noise", "branch_noise", "expected"),
    [(50.0, 0.5, (0, 0.02)), (1.0, 1.0, (0.7, 1)), (2.0, 1.0, (0.2, 0.45))],
)
def test_the_dev_rows_choose_by_what_both_know(network_noise, branch_noise, expected):
    gold, network, branch = rows(network_noise, branch_noise)
    mixed = model()
    logits = Mixture(mixed, None).choose(outputs(network, branch), gold, "binary")
    share, one = shares(mixed)
    assert (expected[0] <= share <= expected[1], one) == (True, 1)
    assert np.allclose(logits, share * network + branch, atol=1e-5)


def test_a_confident_network_is_judged_by_what_it_knows_not_by_how_loud_it_is():
    gold, network, branch = rows(1.0, 1.0)
    mixed = model()
    Mixture(mixed, None).choose(outputs(30 * network, 30 * branch), gold, "binary")
    assert shares(mixed)[0] >= 0.7


def test_few_rows_say_little_and_many_say_much():
    gold, network, branch = rows(2.0, 0.5)
    mixed = model()
    chosen = []
    for count in (1, 20, ROWS):
        Mixture(mixed, None).choose(outputs(network[:count], branch[:count]), gold[:count], "binary")
        chosen.append(shares(mixed)[0])
    assert chosen[0] == pytest.approx(0.5, abs=0.1)
    assert chosen[0] > chosen[1] > chosen[2]


def test_the_share_is_the_mean_of_all_by_their_likelihood():
    gold, network, branch = rows(2.0, 1.0)
    some = slice(0, 60)
    mixed = model()
    Mixture(mixed, None).choose(outputs(network[some], branch[some]), gold[some], "binary")
    candidates = [0, 0.25, 0.5, 0.75, 1]
    likely = [
        np.exp(-60 * least_log_loss(share * network[some] + branch[some], gold[some], "binary")[1])
        for share in candidates
    ]
    assert shares(mixed)[0] == pytest.approx(np.average(candidates, weights=likely), abs=1e-6)


def test_a_fixed_share_stays():
    gold, network, branch = rows(50.0, 0.5)
    mixed = model()
    Mixture(mixed, 0.9).choose(outputs(network, branch), gold, "binary")
    assert shares(mixed) == pytest.approx([0.9, 1])


def test_before_anything_is_chosen_the_share_is_what_it_was_or_the_fixed_one():
    for given, expected in ((None, 1), (0.25, 0.25)):
        mixed = model()
        mixture = Mixture(mixed, given)
        assert shares(mixed) == [expected, 1]
        x = np.array([[1.0, -2.0]], np.float32)
        assert mixture.both.predict_on_batch({"x": x}).tolist() == [[1, -2, 1, -2]]
