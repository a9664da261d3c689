"""A CRF over a network, pooled with a linear CRF on features."""

import functools
import itertools

import keras
import numpy as np
import pytest
from keras import ops

from syntagma import backend
from syntagma.errors import InputError
from syntagma.layers import CRF, CRFLoss, PooledCRF, ViterbiDecoder

pytestmark = pytest.mark.backend
DRAW = np.random.default_rng(5)
EMISSIONS = DRAW.normal(size=(2, 3, 2)).astype(np.float32)
IDS = np.array([[[1, 2], [3, 0], [1, 3]], [[0, 0], [2, 2], [3, 1]]], np.int32)
SCORES = DRAW.normal(size=(4, 2)).astype(np.float32) * np.array([[0.0], [1], [1], [1]], np.float32)


def make_pooled_crf(**options):
    layer = PooledCRF(2, 4, transitions_initializer="random_normal", **options)
    layer.build([(None, None, 2), (None, None, 2)])
    return layer


@functools.cache
def program(layer):
    """Return a layer as one program, which reads the current weights."""
    return backend.compile_function(lambda *arguments: layer.stateless_call(*arguments)[0])


def call(layer, emissions=EMISSIONS, ids=IDS):
    weights = ([one.value for one in part] for part in (layer.trainable_variables, layer.non_trainable_variables))
    return program(layer)(*weights, [emissions, ids])


def decode(chain):
    return ops.convert_to_numpy(backend.compile_function(lambda chain: ViterbiDecoder()(chain))(chain)).tolist()


def log_probabilities(chain):
    """Return log p of each of the 8 sequences, (B, 8)."""
    chain = ops.convert_to_numpy(chain).astype(np.float64)
    sequences = itertools.product(range(2), repeat=3)
    return np.array([sum(chain[:, t, (0, *y)[t], y[t]] for t in range(3)) for y in sequences]).T


def test_the_pool_is_the_weighted_product_of_both_distributions():
    layer = make_pooled_crf()
    links = DRAW.normal(size=(2, 2)).astype(np.float32)
    layer.set_features(SCORES, links)

    layer.set_shares(1.0, 0.0)
    of_network = log_probabilities(call(layer))
    layer.set_shares(0.0, 1.0)
    of_features = log_probabilities(call(layer))
    by_hand = np.array(
        [
            [
                sum(SCORES[IDS[row, t], y[t]].sum() for t in range(3)) + links[y[0], y[1]] + links[y[1], y[2]]
                for y in itertools.product(range(2), repeat=3)
            ]
            for row in range(2)
        ]
    )
    np.testing.assert_allclose(np.exp(of_features), np.exp(by_hand) / np.exp(by_hand).sum(1, keepdims=True), atol=1e-5)

    layer.set_shares(0.7, 1.3)
    expected = np.exp(0.7 * of_network + 1.3 * of_features)
    result = np.exp(log_probabilities(call(layer)))
    np.testing.assert_allclose(result, expected / expected.sum(axis=1, keepdims=True), atol=1e-5)


def test_initially_it_equals_a_crf():
    layer, plain = make_pooled_crf(), CRF(2)
    plain.build((None, None, 2))
    for name in ("transitions", "start", "end"):
        getattr(plain, name).assign(getattr(layer, name))
    mask = np.array([[True, True, False], [True, True, True]])
    result = layer([EMISSIONS, IDS], mask=[ops.convert_to_tensor(mask), None])
    np.testing.assert_allclose(
        ops.convert_to_numpy(result),
        ops.convert_to_numpy(plain(EMISSIONS, mask=ops.convert_to_tensor(mask))),
        atol=1e-6,
    )


def test_training_changes_only_the_network():
    inputs = [keras.Input((None, 2), name="vectors"), keras.Input((None, 2), dtype="int32", name="ids")]
    layer = PooledCRF(2, 4)
    model = keras.Model(inputs, layer([keras.layers.Dense(2)(inputs[0]), inputs[1]]))
    layer.set_features(SCORES, np.eye(2, dtype=np.float32))
    layer.set_shares(0.5, 0.5)
    before = {weight.path: ops.convert_to_numpy(weight) for weight in model.weights}
    model.compile(keras.optimizers.SGD(1.0), CRFLoss())
    model.fit([EMISSIONS, IDS], np.array([[0, 1, 1], [1, 0, 1]]), epochs=1, verbose=0)
    changed = {
        weight.path.split("/")[-1]
        for weight in model.weights
        if (before[weight.path] != ops.convert_to_numpy(weight)).any()
    }
    assert changed == {"kernel", "bias", "transitions", "start", "end"}


def test_offsets_are_added_to_the_emissions_for_any_shares():
    layer = make_pooled_crf()
    layer.set_shares(0.0, 0.0)
    layer.offsets.assign(np.array([0.0, 1.0], np.float32))
    assert decode(call(layer)) == [[1, 1, 1], [1, 1, 1]]


def test_the_tag_scheme_is_enforced():
    layer = PooledCRF(3, 2, tags=["O", "B-X", "I-X"], scheme="BIO")
    layer.build([(None, None, 3), (None, None, 1)])
    layer.set_features(np.array([[0, 0, 0], [0, 0, 50]], np.float32), np.zeros((3, 3), np.float32))
    layer.set_shares(0.5, 0.5)
    assert decode(call(layer, np.zeros((1, 2, 3), np.float32), np.ones((1, 2, 1), np.int32))) == [[1, 2]]


@pytest.mark.parametrize("shapes", [(None, None, 2), [(None, None, 2)], [(None, None, 2), (None, 4)]])
def test_it_requires_emissions_and_feature_ids(shapes):
    with pytest.raises(InputError, match=r"list of emissions \(B, T, K\) and feature ids"):
        PooledCRF(2, 4).build(shapes)


def test_emissions_must_have_a_score_per_tag():
    with pytest.raises(InputError, match=r"`PooledCRF` needs emissions"):
        PooledCRF(2, 4).build([(None, None, 3), (None, None, 2)])
