"""Attention layers, compared with their formulas and documented properties."""

import keras
import numpy as np
import pytest
from keras import ops

from syntagma import layers
from syntagma.errors import InputError

pytestmark = pytest.mark.backend

RANDOM = np.random.default_rng(6)
# Most inputs have the same shapes, so that JAX compiles each operation once.
MASK = np.array([[1, 1, 1, 0], [1, 0, 0, 0], [0, 0, 0, 0]], bool)
QUERY_MASK = np.array([[1, 1], [1, 0], [1, 1]], bool)


def random_array(*shape):
    return RANDOM.normal(size=shape).astype(np.float32)


def numpy(tensor):
    return ops.convert_to_numpy(tensor)


def weights_of(layer, queries, values, mask=None):
    return numpy(layer([queries, values], mask=mask, return_attention_scores=True)[1])


KINDS = {
    "additive": lambda: layers.AdditiveAttention(5),
    "multiplicative": lambda: layers.MultiplicativeAttention(),
    "dot": lambda: layers.ScaledDotAttention(),
    "coverage": lambda: layers.CoverageAttention(5),
}


@pytest.mark.parametrize("kind", KINDS)
def test_padding_gets_no_weight_and_empty_sources_give_zeros(kind):
    queries, values = random_array(3, 2, 4), random_array(3, 4, 4)
    contexts, weights = KINDS[kind]()([queries, values], mask=[QUERY_MASK, MASK], return_attention_scores=True)
    contexts, weights = numpy(contexts), numpy(weights)
    real = MASK[:, None] & QUERY_MASK[:, :, None]
    assert not weights[~real].any()
    assert (weights[real] > 0).all()
    assert np.allclose(weights.sum(axis=-1), real.any(axis=-1), atol=1e-6)
    assert np.allclose(contexts, weights @ values, atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_keys_determine_the_weights_and_values_the_contexts(kind):
    queries, values, keys = random_array(3, 2, 4), random_array(3, 4, 6), random_array(3, 4, 4)
    layer = KINDS[kind]()
    contexts, weights = layer([queries, values, keys], return_attention_scores=True)
    assert np.allclose(numpy(contexts), numpy(weights) @ values, atol=1e-5)
    assert np.allclose(numpy(weights), weights_of(layer, queries, keys), atol=1e-6)


def test_multiplicative_attention_with_identity_kernel_is_dot_product_attention():
    layer, dot = layers.MultiplicativeAttention(), layers.ScaledDotAttention()
    queries, values = random_array(3, 2, 4), random_array(3, 4, 4)
    layer.build([queries.shape, values.shape])
    layer.set_weights([np.eye(4) / 2])  # the square root of 4
    assert np.allclose(weights_of(layer, queries, values), weights_of(dot, queries, values), atol=1e-6)


def test_scaled_scores_of_unit_variance_have_unit_variance():
    scores = numpy(
        layers.ScaledDotAttention().scores(ops.convert_to_tensor(random_array(1, 200, 256)), random_array(1, 200, 256))
    )
    assert np.std(scores) == pytest.approx(1, abs=0.05)


def test_coverage_without_its_kernel_is_additive_attention():
    queries, values = random_array(3, 2, 4), random_array(3, 4, 4)
    coverage, additive = layers.CoverageAttention(5), layers.AdditiveAttention(5)
    for layer in (coverage, additive):
        layer.build([queries.shape, values.shape])
    query, key, _, direction = coverage.get_weights()
    coverage.coverage_kernel.assign(np.zeros(5))
    additive.set_weights([query, key, direction])
    assert np.allclose(weights_of(coverage, queries, values), weights_of(additive, queries, values), atol=1e-6)


def test_coverage_enters_the_scores_of_later_steps():
    queries, values = random_array(1, 4, 3), random_array(1, 5, 3)
    layer = layers.CoverageAttention(2)
    weights = weights_of(layer, queries, values)[0].astype(np.float64)
    query, key, kernel, direction = layer.get_weights()
    for step in range(4):
        covered = weights[:step].sum(axis=0)
        assert covered.sum() == pytest.approx(step, abs=1e-5)  # i - 1, counted from 1
        inner = queries[0, step] @ query + values[0] @ key + covered[:, None] * kernel
        scores = np.exp(np.tanh(inner) @ direction)
        assert np.allclose(weights[step], scores / scores.sum(), atol=1e-5)


@pytest.mark.parametrize("form", ["repeated", "uneven"])
def test_the_coverage_loss_is_added_to_the_model(form):
    from syntagma.ops.attention import repetition_loss, uneven_coverage_loss

    weights = RANDOM.dirichlet(np.ones(4), (3, 2)).astype(np.float32) * QUERY_MASK[:, :, None]
    layer = layers.CoverageLoss(form, weight=0.5)
    assert np.array_equal(numpy(layer(weights, target_mask=QUERY_MASK, source_mask=MASK)), weights)
    arguments = ops.convert_to_tensor(weights)
    each = repetition_loss(arguments, QUERY_MASK) if form == "repeated" else uneven_coverage_loss(arguments, MASK)
    assert float(numpy(layer.losses[0])) == pytest.approx(0.5 * numpy(each).mean(), abs=1e-6)


def test_steps_without_weight_do_not_count_as_repetition():
    weights = RANDOM.dirichlet(np.ones(4), (3, 2)).astype(np.float32)
    padded = np.pad(weights, ((0, 0), (0, 3), (0, 0)))
    result = []
    for arguments in (weights, padded):
        layer = layers.CoverageLoss()
        layer(arguments)
        result.append(float(numpy(layer.losses[0])))
    assert result[0] == pytest.approx(result[1], abs=1e-6)


@pytest.mark.parametrize("kind", [layers.AttentionPooling, lambda: layers.StructuredSelfAttention(2, penalty=0)])
def test_time_distributed_pools_the_sentences_of_a_document(kind):
    x = random_array(2, 3, 4, 5)
    layer = kind()
    result = numpy(keras.layers.TimeDistributed(layer)(x))
    assert np.allclose(result[1, 2], numpy(layer(x[1, 2][None]))[0], atol=1e-6)


def test_pooling_one_token_returns_it_and_ignores_the_order_of_several():
    layer = layers.AttentionPooling(3)
    x = random_array(3, 4, 5)
    assert np.allclose(numpy(layer(x[:, :1])), x[:, 0], atol=1e-6)
    assert np.allclose(numpy(layer(x)), numpy(layer(x[:, [2, 0, 3, 1]])), atol=1e-6)
    pooled, weights = layer(x, return_attention_scores=True)
    assert np.allclose(numpy(pooled), np.einsum("bt,btd->bd", numpy(weights), x), atol=1e-5)


def test_structured_attention_with_one_hop_is_attention_pooling():
    one, other = layers.StructuredSelfAttention(1, 3, penalty=0), layers.AttentionPooling(3)
    x = random_array(3, 4, 5)
    one.build(x.shape)
    other.build(x.shape)
    other.set_weights([one.get_weights()[0], one.get_weights()[1][:, 0]])
    assert np.allclose(numpy(one(x, mask=MASK))[:, 0], numpy(other(x, mask=MASK)), atol=1e-6)
    assert one.losses == []


def test_the_penalty_of_structured_attention_is_the_redundancy_of_its_weights():
    from syntagma.ops.attention import redundancy

    layer = layers.StructuredSelfAttention(3, 3, penalty=0.25)
    sums, weights = layer(x := random_array(3, 4, 5), mask=MASK, return_attention_scores=True)
    assert np.allclose(numpy(sums), numpy(weights) @ x, atol=1e-5)
    assert not numpy(weights)[2].any()
    assert not numpy(sums)[2].any()
    expected = 0.25 * numpy(redundancy(weights))
    assert expected[2] == 0
    assert float(numpy(layer.losses[0])) == pytest.approx(expected.mean(), abs=1e-5)


@pytest.mark.parametrize("kind", [layers.KeyValueAttention, layers.KeyValuePredictAttention])
def test_no_step_attends_to_itself_the_future_or_beyond_the_window(kind):
    layer, x = kind(2), random_array(1, 6, 6)
    outputs, weights = layer(x, return_attention_scores=True)
    assert np.allclose(numpy(weights)[0].sum(axis=-1), [0, 1, 1, 1, 1, 1], atol=1e-6)
    for changed in range(6):
        moved = x.copy()
        moved[0, changed] += 1
        difference = np.abs(numpy(layer(moved)) - numpy(outputs))[0].max(axis=-1)
        assert (difference > 1e-6).tolist() == [changed <= step <= changed + 2 for step in range(6)]


def test_the_prediction_part_is_neither_key_nor_value():
    layer, x = layers.KeyValuePredictAttention(2), random_array(1, 6, 6)
    outputs, weights = layer(x, return_attention_scores=True)
    moved = x.copy()
    moved[..., 4:] += 1
    others, same = layer(moved, return_attention_scores=True)
    assert np.array_equal(numpy(weights), numpy(same))
    assert not np.allclose(numpy(outputs), numpy(others))


def test_key_value_attention_matches_its_formula():
    layer, x = layers.KeyValueAttention(2, units=3), random_array(1, 6, 6)
    outputs = numpy(layer(x))[0]
    window, query, direction, of_context, of_current = layer.get_weights()
    keys, values = x[0, :, :3], x[0, :, 3:]
    for step in range(6):
        before = range(max(0, step - 2), step)
        scores = np.array([direction @ np.tanh(keys[place] @ window + keys[step] @ query) for place in before])
        weights = np.exp(scores) / np.exp(scores).sum()
        context = sum((w * values[place] for w, place in zip(weights, before, strict=True)), np.zeros(3))
        assert np.allclose(outputs[step], np.tanh(context @ of_context + values[step] @ of_current), atol=1e-5)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: layers.AdditiveAttention()([random_array(2, 3), random_array(2, 3, 4)]),
            r"needs a list of queries \(B, T, D\)",
        ),
        (
            lambda: layers.ScaledDotAttention()([random_array(2, 3, 5), random_array(2, 3, 4)]),
            "of the same width; got 5 and 4",
        ),
        (lambda: layers.StructuredSelfAttention(0), "hops of 1 or more"),
        (lambda: layers.KeyValueAttention(0), "a window of 1 step or more"),
        (lambda: layers.KeyValueAttention()(random_array(1, 2, 5)), "a multiple of 2; got 5"),
        (lambda: layers.KeyValuePredictAttention()(random_array(1, 2, 4)), "a multiple of 3; got 4"),
        (lambda: layers.CoverageLoss("twice"), "'repeated' or 'uneven'"),
    ],
)
def test_invalid_arguments_raise_an_error(make, message):
    with pytest.raises(InputError, match=message):
        make()


@pytest.mark.parametrize("kind", [layers.AttentionPooling, layers.StructuredSelfAttention, layers.KeyValueAttention])
def test_self_attention_requires_three_axes(kind):
    with pytest.raises(ValueError, match="expected ndim=3, found ndim=2"):
        kind()(random_array(2, 3))


def test_weights_of_the_same_shape_get_different_initial_values():
    keras.utils.set_random_seed(0)
    layer = layers.AdditiveAttention(4)
    layer.build([(2, 3, 4), (2, 5, 4)])
    query, key, _ = layer.get_weights()
    assert not np.allclose(query, key)


def test_attention_masks_must_be_a_list():
    layer, vectors = layers.AdditiveAttention(), np.ones((2, 3, 4), np.float32)
    with pytest.raises(InputError, match="needs masks as a list"):
        layer([vectors, vectors], mask=np.ones((2, 3), bool))
