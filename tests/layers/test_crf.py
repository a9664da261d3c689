"""The CRF in models, compared with pytorch-crf and in typical uses."""

import functools
import itertools
import os
import subprocess
import sys

import keras
import numpy as np
import pytest
from keras import ops

from syntagma import backend, layers
from syntagma.errors import InputError
from syntagma.text.tag_schemes import tag_rules

pytestmark = pytest.mark.backend

RANDOM = np.random.default_rng(3)
TAGS = {
    "BIO": ["O", "B-X", "I-X", "B-Y", "I-Y"],
    "IOB1": ["O", "B-X", "I-X", "B-Y", "I-Y"],
    "IOBES": ["O", "B-X", "I-X", "E-X", "S-X"],
    "BMES": ["B", "M", "E", "S"],
}
MASK = np.array([[1, 1, 1, 1], [1, 1, 0, 0]], bool)
GOLD = np.array([[0, 1, 2, 0], [2, 2, 0, 0]])


def numpy(tensor):
    return ops.convert_to_numpy(tensor)


def compiled(layer):
    """Return a layer as one program. JAX would otherwise compile its loops in each call."""
    return backend.compile_function(lambda *inputs, **options: layer(*inputs, **options))


def drawn_crf(units, **options):
    crf = layers.CRF(units, transitions_initializer=keras.initializers.RandomNormal(0, 1.5, seed=7), **options)
    crf.build((None, None, units))
    return crf


@functools.cache
def three_tags():
    return compiled(drawn_crf(3))


def random_chain():
    """Return a chain (2, 4, 3, 3); one shape for many tests, so that they share programs."""
    return three_tags()(RANDOM.normal(size=(2, 4, 3)).astype(np.float32), mask=MASK)


def is_legal(tags, rules):
    return (
        rules.start[tags[0]]
        and rules.end[tags[-1]]
        and all(rules.transitions[pair] for pair in itertools.pairwise(tags))
    )


@pytest.mark.parametrize("reduction", ["sum", "mean", "none"])
def test_loss_and_tags_equal_those_of_pytorch_crf(reduction):
    torchcrf = pytest.importorskip("torchcrf", reason="pytorch-crf is not installed")
    import torch

    crf = drawn_crf(4)
    theirs = torchcrf.CRF(4, batch_first=True)
    ours = {"transitions": crf.transitions, "start_transitions": crf.start, "end_transitions": crf.end}
    theirs.load_state_dict({name: torch.from_numpy(numpy(value).copy()) for name, value in ours.items()})
    emissions = RANDOM.normal(0, 2, (5, 7, 4)).astype(np.float32)
    lengths = np.array([7, 3, 1, 5, 6])
    mask, tags = np.arange(7) < lengths[:, None], RANDOM.integers(0, 4, (5, 7))
    chain = crf(emissions, mask=mask)
    arguments = [torch.from_numpy(one) for one in (emissions, tags, mask)]
    found = numpy(layers.CRFLoss(reduction=reduction)(tags, chain))
    theirs_reduction = {"sum": "sum", "mean": "token_mean", "none": "none"}[reduction]
    expected = -theirs(*arguments[:2], mask=arguments[2], reduction=theirs_reduction).detach().numpy()
    assert np.allclose(found.sum(axis=1) if reduction == "none" else found, expected, atol=1e-4)
    best = numpy(layers.ViterbiDecoder()(chain))
    assert [row[:length].tolist() for row, length in zip(best, lengths, strict=True)] == theirs.decode(
        arguments[0], mask=arguments[2]
    )


@pytest.mark.parametrize(
    ("kind", "scheme"),
    [
        ("crf", "BIO"),
        ("crf", "BMES"),
        ("decoder", "IOBES"),
        ("decoder", "IOB1"),
        ("softmax", "BIO"),
        ("softmax", "IOBES"),
    ],
)
def test_no_illegal_tags_are_decoded(scheme, kind):
    illegal, rows = count_illegal(scheme, kind, rows=512, rounds=1)
    assert rows == 512
    assert illegal == 0


@pytest.mark.long
@pytest.mark.parametrize("scheme", TAGS)
@pytest.mark.parametrize("kind", ["crf", "decoder", "softmax"])
def test_no_illegal_tags_are_decoded_in_100_000_texts(scheme, kind):
    illegal, rows = count_illegal(scheme, kind, rows=5000, rounds=20)
    assert rows == 100_000
    assert illegal == 0


def count_illegal(scheme, kind, rows, rounds):
    """Count illegal and all tag sequences in random texts of 1 to 9 tokens with scores of any size."""
    tags, draw = TAGS[scheme], np.random.default_rng(11)
    rules = tag_rules(tags, scheme)
    tokens = keras.Input((None, len(tags)))
    mask = keras.Input((None,), dtype="bool")
    constrained = {"tags": tags, "scheme": scheme}
    scores = (
        tokens
        if kind == "softmax"
        else drawn_crf(len(tags), **(constrained if kind == "crf" else {}))(tokens, mask=mask)
    )
    decoder = layers.ViterbiDecoder(**({} if kind == "crf" else constrained))
    model = keras.Model([tokens, mask], decoder(scores, mask=mask) if kind == "softmax" else decoder(scores))
    illegal = checked = 0
    for _ in range(rounds):
        lengths = draw.integers(1, 10, rows)
        scale = 10.0 ** draw.uniform(-3, 8, (rows, 1, 1))
        emissions = (draw.normal(size=(rows, 9, len(tags))) * scale).astype(np.float32)
        found = model.predict([emissions, np.arange(9) < lengths[:, None]], batch_size=rows, verbose=0)
        for row, length in zip(found, lengths, strict=True):
            illegal += not is_legal(row[:length], rules)
            checked += 1
            assert (row[length:] == -1).all()
    return illegal, checked


def tagger(crf):
    return keras.Sequential(
        [
            keras.Input((None,), dtype="int32"),
            keras.layers.Embedding(12, 8, mask_zero=True),
            keras.layers.Bidirectional(layers.LSTM(8, return_sequences=True)),
            keras.layers.Dense(3),
            crf,
        ]
    )


def sentences(rows=64):
    """Return tokens whose tag depends on the token before: 1 after an even one, 2 after an odd one, 0 at the start."""
    draw = np.random.default_rng(0)
    lengths = draw.integers(2, 9, rows)
    tokens = draw.integers(1, 12, (rows, 8)).astype(np.int32) * (np.arange(8) < lengths[:, None])
    tags = np.where(np.arange(8) == 0, 0, 1 + np.roll(tokens, 1, axis=1) % 2)
    return tokens, tags


def test_a_tagger_learns_and_is_the_same_after_loading(tmp_path):
    tokens, tags = sentences()
    keras.utils.set_random_seed(1)
    model = tagger(layers.CRF(3))
    model.compile(keras.optimizers.Adam(0.02), loss=layers.CRFLoss(), metrics=[layers.CRFAccuracy()])
    history = model.fit(tokens, tags, epochs=15, verbose=0).history
    assert history["loss"][-1] < 0.5 * history["loss"][0]
    assert history["accuracy"][-1] > 0.9
    model.save(tmp_path / "tagger.keras")
    loaded = keras.saving.load_model(tmp_path / "tagger.keras")
    for one, other in zip(model.get_weights(), loaded.get_weights(), strict=True):
        assert np.array_equal(one, other)
    found = keras.Sequential([loaded, layers.ViterbiDecoder()]).predict(tokens, verbose=0)
    real = tokens > 0
    assert (found[real] == tags[real]).mean() == pytest.approx(loaded.evaluate(tokens, tags, verbose=0)[1], abs=1e-6)
    assert (found[~real] == -1).all()


def test_weights_of_texts_tokens_and_tags_multiply_the_losses():
    chain, tags = random_chain(), GOLD
    each = numpy(layers.CRFLoss(reduction="none")(tags, chain))
    text, token = np.array([2.0, 0.5], np.float32), RANDOM.uniform(size=(2, 4)).astype(np.float32)
    assert np.allclose(numpy(layers.CRFLoss()(tags, chain)), each.sum() / 6, atol=1e-6)
    assert np.allclose(numpy(layers.CRFLoss()(tags, chain, text)), (each * text[:, None]).sum() / 6, atol=1e-6)
    assert np.allclose(numpy(layers.CRFLoss(reduction="sum")(tags, chain, token)), (each * token).sum(), atol=1e-6)
    weighted = layers.CRFLoss(class_weight={2: 3.0}, reduction="none")
    assert np.allclose(numpy(weighted(tags, chain)), each * np.where(tags == 2, 3, 1), atol=1e-6)
    again = layers.CRFLoss.from_config(weighted.get_config())
    assert again.class_weight == {2: 3.0}
    mean = layers.CRFLoss(reduction="mean_with_sample_weight")(tags, chain, text)
    assert np.allclose(numpy(mean), (each * text[:, None]).sum() / (4 * 2 + 2 * 0.5), atol=1e-6)


def test_the_gradient_of_the_emissions_is_marginal_minus_gold():
    emissions, tags, step = RANDOM.normal(size=(3, 4)).astype(np.float32), np.array([1, 3, 0]), 1e-2
    moves = step * np.eye(12, dtype=np.float32).reshape(12, 3, 4)
    moved = emissions + np.concatenate([0 * moves[:1], moves, -moves])
    chain = compiled(drawn_crf(4))(moved)
    marginals = numpy(compiled(layers.TagMarginals())(chain))[0]
    losses = numpy(layers.CRFLoss(reduction="none")(np.tile(tags, (25, 1)), chain)).sum(axis=1)
    difference = ((losses[1:13] - losses[13:]) / (2 * step)).reshape(3, 4)
    assert np.allclose(difference, marginals - np.eye(4)[tags], atol=1e-3)


def test_decoders_accept_probabilities():
    probabilities = np.array([[[0.55, 0.05, 0.40], [0.10, 0.05, 0.85]]], np.float32)
    rules = {"tags": ["O", "B-X", "I-X"], "scheme": "BIO"}
    from_logits = compiled(layers.ViterbiDecoder(**rules))(np.log(probabilities))
    found = compiled(layers.ViterbiDecoder(**rules, from_logits=False))(probabilities)
    assert numpy(found).tolist() == numpy(from_logits).tolist() == [[0, 0]]


def test_class_weights_ignore_tags_at_padding():
    chain, loss = random_chain(), layers.CRFLoss(class_weight={1: 2.0})
    found, expected = (float(numpy(loss(np.where(MASK, GOLD, padding), chain))) for padding in (99, -100))
    assert found == pytest.approx(expected)


@pytest.mark.parametrize("dtype", ["mixed_bfloat16", "float16", "float32"])
def test_a_crf_keeps_float32_and_its_mask_in_any_precision(dtype):
    mask = np.array([[True, True, False]])
    chain = layers.CRF(3, dtype=dtype)(RANDOM.normal(size=(1, 3, 3)).astype(np.float32), mask=mask)
    tags = numpy(layers.ViterbiDecoder(dtype=dtype)(chain))
    assert tags[0, 2] == -1
    assert (tags[0, :2] >= 0).all()
    assert keras.backend.standardize_dtype(chain.dtype) == "float32"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: layers.CRF(1), "needs at least 2 units"),
        (lambda: layers.CRF(3, tags=["O", "B-X"], scheme="BIO"), "as many tags as units; got 2 tags and units=3"),
        (lambda: layers.CRF(2, tags=["O", "S"]), "needs `tags` and `scheme` together; got tags without scheme"),
        (lambda: layers.ViterbiDecoder(scheme="BIO"), "got scheme without tags"),
        (lambda: layers.CRF(3)(np.zeros((2, 4, 5), np.float32)), r"shape \(B, T, K\) with K=3; got \(2, 4, 5\)"),
        (lambda: layers.CRF(3)(np.zeros((2, 3), np.float32)), "`return_sequences=True`"),
        (lambda: layers.ViterbiDecoder()(np.zeros((2, 4, 3, 5), np.float32)), "needs logits"),
        (
            lambda: layers.ViterbiDecoder(["O", "B-X"], "BIO")(np.zeros((2, 4, 3), np.float32)),
            "has 2 tags; got scores of 3 tags",
        ),
        (lambda: layers.NBestDecoder(0), "count of 1 or more"),
        (lambda: layers.CRFLoss(reduction="median"), "got 'median'"),
        (
            lambda: layers.CRFLoss()(np.zeros((2, 4)), np.zeros((2, 4, 3), np.float32)),
            "needs the output of a CRF layer",
        ),
        (lambda: layers.CRFLoss()(np.zeros((2, 4, 1)), np.zeros((2, 4, 3, 3), np.float32)), "tags of shape"),
        (lambda: layers.CRFLoss()(np.zeros((2, 1)), np.zeros((2, 4, 3, 3), np.float32)), "a tag for each token"),
        (
            lambda: layers.CRFLoss({7: 1.0})(np.zeros((2, 4)), np.zeros((2, 4, 3, 3), np.float32)),
            "class weights for tags 0 to 2",
        ),
    ],
)
def test_invalid_arguments_raise_an_error(make, message):
    with pytest.raises(InputError, match=message):
        make()


@pytest.mark.parametrize("weights", [[1.0, 2.0], {"B-X": 2.0}, {1: "much"}])
def test_class_weights_must_be_a_dictionary_by_tag_id(weights):
    with pytest.raises(InputError, match=r"from tag ids to weights, such as \{2: 5.0\}"):
        layers.CRFLoss(class_weight=weights)


def test_the_error_for_tags_with_an_extra_axis_suggests_squeeze():
    chain = np.zeros((2, 3, 4, 4), np.float32)
    with pytest.raises(InputError, match=r"got \(2, 3, 1\). Apply `.squeeze\(-1\)`"):
        layers.CRFLoss()(np.zeros((2, 3, 1), np.int32), chain)
    with pytest.raises(InputError, match=r"of shape \(B, T, 4\); got \(2, 3, 5\). Check that"):
        layers.CRFLoss()(np.zeros((2, 3, 5), np.int32), chain)


def test_one_hot_tags_are_sets_of_one_tag():
    chain, tags = random_chain(), GOLD
    for loss in (layers.CRFLoss(), layers.CRFLoss(reduction="none")):
        assert np.allclose(numpy(loss(np.eye(3)[tags], chain)), numpy(loss(tags, chain)), atol=1e-5)
    found, expected = (layers.CRFAccuracy() for _ in range(2))
    found.update_state(np.eye(3, dtype=bool)[tags], chain)
    expected.update_state(tags, chain)
    assert float(numpy(found.result())) == float(numpy(expected.result()))


def test_class_weights_with_sets_of_tags_raise_an_error():
    with pytest.raises(InputError, match=r"class weights only with one known tag per token; got sets .* \(2, 3, 4\)"):
        layers.CRFLoss({1: 2.0})(np.ones((2, 3, 4), bool), np.zeros((2, 3, 4, 4), np.float32))


def test_accuracy_ignores_tokens_that_may_have_any_tag():
    emissions = np.stack([9 * np.eye(4, 3, dtype=np.float32)] * 2)
    crf = layers.CRF(3)
    crf.build(emissions.shape)
    sets = np.ones((2, 4, 3), bool)
    sets[0, 0], sets[0, 2] = [1, 1, 0], [0, 1, 0]
    metric = layers.CRFAccuracy()
    metric.update_state(sets, compiled(crf)(emissions))
    assert float(numpy(metric.result())) == 0.5


def test_a_tagger_learns_from_partially_known_tags(tmp_path):
    tokens, tags = sentences()
    sets = np.eye(3, dtype=bool)[tags]
    sets[np.random.default_rng(4).random(tags.shape) < 0.5] = True
    keras.utils.set_random_seed(1)
    model = tagger(layers.CRF(3))
    model.compile(keras.optimizers.Adam(0.02), loss=layers.CRFLoss())
    model.fit(tokens, sets, epochs=15, verbose=0)
    found = keras.Sequential([model, layers.ViterbiDecoder()]).predict(tokens, verbose=0)
    assert (found == tags)[tokens > 0].mean() > 0.85


def test_class_weights_passed_to_keras_raise_an_error():
    tokens, tags = sentences()
    model = tagger(layers.CRF(3))
    model.compile("sgd", loss=layers.CRFLoss())
    for way in ("fit", "train_on_batch"):
        with pytest.raises(
            InputError, match=rf"does not support `{way}\(class_weight=...\)`, .* Use `CRFLoss\(class_weight="
        ):
            getattr(model, way)(tokens, tags, class_weight={0: 1.0, 1: 2.0})
    model.fit(tokens, tags, sample_weight=np.ones(len(tokens)), verbose=0)


def test_token_weights_may_have_an_extra_axis():
    chain, tags, weights = random_chain(), GOLD, RANDOM.uniform(size=(2, 4)).astype(np.float32)
    found, expected = (float(numpy(layers.CRFLoss()(tags, chain, one))) for one in (weights[..., None], weights))
    assert found == pytest.approx(expected)
    metric, other = layers.CRFAccuracy(), layers.CRFAccuracy()
    metric.update_state(tags, chain, weights[..., None])
    other.update_state(tags, chain, weights)
    assert float(numpy(metric.result())) == pytest.approx(float(numpy(other.result())))


@pytest.mark.parametrize("shape", [(3,), (4, 2), (2, 3), (2, 4, 3), (2, 1, 4, 1)])
def test_weights_of_other_shapes_raise_an_error(shape):
    chain = np.zeros((2, 4, 3, 3), np.float32)
    with pytest.raises(InputError, match=r"\(B, T\), one per token, for tags of shape \(2, 4\); got"):
        layers.CRFLoss()(np.zeros((2, 4), int), chain, np.ones(shape))


def test_a_mask_may_only_have_an_extra_axis_of_size_one():
    emissions, mask = RANDOM.normal(size=(2, 4, 3)).astype(np.float32), MASK
    decoder = layers.ViterbiDecoder()
    for call, layer in ((three_tags(), drawn_crf(3)), (compiled(decoder), decoder)):
        assert np.array_equal(numpy(call(emissions, mask=mask[..., None])), numpy(call(emissions, mask=mask)))
        for wrong in (mask[:, :3], mask[0], mask[:1], np.ones((2, 4, 3), bool)):
            with pytest.raises(InputError, match=r"needs a mask of shape \(B, T\), here \(2, 4\); got"):
                layer(emissions, mask=wrong)


def test_the_crf_and_its_readers_accept_empty_batches():
    crf, emissions = three_tags(), np.zeros((0, 4, 3), np.float32)
    tags, sets = np.zeros((0, 4), int), np.zeros((0, 4, 3), bool)

    @backend.compile_function
    def decode(scores):
        return layers.ViterbiDecoder()(scores), layers.NBestDecoder(2)(scores)

    @backend.compile_function
    def read(chain):
        losses = [layers.CRFLoss()(gold, chain) for gold in (tags, sets)]
        return losses, layers.TagMarginals()(chain), layers.AverageChains()([chain, chain])

    for mask in (None, np.ones((0, 4), bool)):
        chain = crf(emissions, mask=mask)
        assert tuple(chain.shape) == (0, 4, 3, 3)
        losses, marginals, average = read(chain)
        assert [float(numpy(loss)) for loss in losses] == [0, 0]
        assert (tuple(marginals.shape), tuple(average.shape)) == ((0, 4, 3), (0, 4, 3, 3))
        for arguments in (chain, emissions):
            best, (n_best, scores) = decode(arguments)
            assert (tuple(best.shape), tuple(n_best.shape), tuple(scores.shape)) == ((0, 4), (0, 2, 4), (0, 2))
    metric = layers.CRFAccuracy()
    metric.update_state(tags, chain)
    assert float(numpy(metric.result())) == 0


def test_the_loss_of_tags_that_the_scheme_forbids_is_nan():
    layer = layers.CRF(3, tags=["O", "B-X", "I-X"], scheme="BIO")
    layer.build((2, 4, 3))
    chain = compiled(layer)(np.random.default_rng(0).normal(size=(2, 4, 3)).astype("float32"))
    allowed, forbidden = (
        ops.convert_to_numpy(layers.CRFLoss()(np.array(tags), chain))
        for tags in ([[0, 1, 2, 0], [1, 2, 0, 0]], [[0, 2, 2, 0], [1, 2, 0, 0]])
    )
    assert np.isfinite(allowed)
    assert np.isnan(forbidden)


EXPORT = """
import keras, numpy as np, sys
from syntagma import layers

tokens = keras.Input((None, 4))
chain = layers.CRF(4, transitions_initializer=keras.initializers.RandomNormal(0, 1, seed=1))(tokens)
readers = layers.ViterbiDecoder(), layers.NBestDecoder(3), layers.TagMarginals()
model = keras.Model(tokens, keras.tree.flatten([reader(chain) for reader in readers]))
model.export(sys.argv[1], verbose=False)
np.savez(sys.argv[1] + ".npz", *model.predict(np.load(sys.argv[2]), verbose=0))
"""


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="needs TensorFlow next to JAX")
def test_tensorflow_loads_decoders_exported_by_jax(tmp_path):
    import tensorflow as tf

    arguments, folder = RANDOM.normal(size=(3, 6, 4)).astype(np.float32), tmp_path / "exported"
    np.save(tmp_path / "given.npy", arguments)
    command = [sys.executable, "-W", "ignore", "-c", EXPORT, str(folder), str(tmp_path / "given.npy")]
    done = subprocess.run(command, env={**os.environ, "KERAS_BACKEND": "jax"}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    loaded = tf.saved_model.load(str(folder))
    with np.load(f"{folder}.npz") as expected:
        for name, one in zip(expected.files, loaded.serve(arguments), strict=True):
            assert np.allclose(one.numpy(), expected[name], atol=1e-5)
