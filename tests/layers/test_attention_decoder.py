"""The attention decoder, run at once and step by step, and the pointer-generator."""

import itertools

import keras
import numpy as np
import pytest
from keras import ops

from syntagma import backend, layers
from syntagma.errors import InputError

pytestmark = pytest.mark.backend

RANDOM = np.random.default_rng(8)
TARGETS = RANDOM.normal(size=(3, 4, 3)).astype(np.float32)
VALUES = RANDOM.normal(size=(3, 5, 6)).astype(np.float32)
TARGET_MASK = np.array([[1, 1, 1, 1], [1, 1, 0, 0], [1, 0, 0, 0]], bool)
MASK = np.array([[1, 1, 1, 0, 0], [1, 1, 1, 1, 1], [1, 0, 0, 0, 0]], bool)


def numpy(tensor):
    return ops.convert_to_numpy(tensor)


def run_at_once(decoder, targets=TARGETS, values=VALUES):
    if not decoder.built:
        decoder.build([targets.shape, values.shape])
    run = backend.compile_function(
        lambda *inputs: decoder(list(inputs[:2]), mask=list(inputs[2:]), return_attention_scores=True)
    )
    return [numpy(one) for one in run(*map(ops.convert_to_tensor, (targets, values, TARGET_MASK, MASK)))]


def run_step_by_step(decoder):
    """Return outputs and weights of single steps, with two equal hypotheses per text."""

    def run(targets, values, mask):
        source = decoder.read_source(values, mask)
        states = keras.tree.map_structure(lambda one: ops.stack([one, one], axis=1), decoder.start_states(source))
        steps = []
        for step in range(TARGETS.shape[1]):
            outputs, states, weights = decoder.step(ops.stack([targets[:, step]] * 2, axis=1), states, source)
            steps.append((outputs, weights))
        return [ops.stack(parts, axis=2) for parts in zip(*steps, strict=True)]

    inputs = map(ops.convert_to_tensor, (TARGETS, VALUES, MASK))
    return [numpy(one) for one in backend.compile_function(run)(*inputs)]


SMALL = list(itertools.product(["additive", "multiplicative", "scaled", "coverage", "none"], [False, True]))


@pytest.mark.parametrize(
    ("attention", "input_feeding"),
    [pytest.param(*one, marks=[pytest.mark.long] * (one[1] is False and one[0] != "none")) for one in SMALL],
)
def test_single_steps_equal_the_layer_on_all_tokens(attention, input_feeding):
    decoder = layers.AttentionDecoder(
        6, depth=2, output_units=7, attention=attention, input_feeding=input_feeding, residual=True
    )
    outputs, weights = run_at_once(decoder)
    assert outputs.shape == (3, 4, 7)
    assert weights.shape == (3, 4, 5)
    for hypothesis in range(2):
        single = [one[:, hypothesis] for one in run_step_by_step(decoder)]
        assert np.allclose(single[0][TARGET_MASK], outputs[TARGET_MASK], atol=1e-5)
        assert np.allclose(single[1][TARGET_MASK], weights[TARGET_MASK], atol=1e-5)
    assert not outputs[~TARGET_MASK].any()
    assert not weights[~TARGET_MASK].any()
    assert not (weights * ~MASK[:, None]).any()


def test_steps_equal_the_formula():
    decoder = layers.AttentionDecoder(2, attention="scaled", start="zeros")
    outputs, weights = run_at_once(decoder, values=VALUES[:, :, :2])
    kernel, recurrent, bias = (numpy(one) for one in decoder.lstms[0].get_weights())

    def sigmoid(x):
        return 1 / (1 + np.exp(-x))

    h = c = np.zeros(2)
    values = VALUES[0, :3, :2]
    for step in range(4):
        i, f, g, o = np.split(TARGETS[0, step] @ kernel + h @ recurrent + bias, 4)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
        scores = np.exp(values @ h / 2**0.5)
        assert np.allclose(weights[0, step, :3], scores / scores.sum(), atol=1e-5)
        context = scores @ values / scores.sum()
        wanted = np.tanh(np.concatenate([h, context, TARGETS[0, step]]) @ numpy(decoder.readout.kernel))
        assert np.allclose(outputs[0, step], wanted, atol=1e-5)


def test_later_targets_do_not_affect_earlier_outputs():
    decoder = layers.AttentionDecoder(6, depth=2, attention="coverage", input_feeding=True)
    changed = TARGETS.copy()
    changed[:, 2:] += 1
    before, after = run_at_once(decoder)[0], run_at_once(decoder, changed)[0]
    assert np.allclose(before[:, :2], after[:, :2], atol=1e-6)
    assert not np.allclose(before[0, 2:], after[0, 2:], atol=1e-3)


@pytest.mark.parametrize("start", ["encoder", "learned", "zeros"])
def test_initial_states(start):
    decoder = layers.AttentionDecoder(4, depth=2, start=start)
    run_at_once(decoder)
    source = decoder.read_source(ops.convert_to_tensor(VALUES), ops.convert_to_tensor(MASK))
    states = numpy(decoder.start_states(source)["lstm"])
    assert states.shape == (3, 2, 2, 4)
    if start == "encoder":
        mean = np.array([values[mask].mean(axis=0) for values, mask in zip(VALUES, MASK, strict=True)])
        wanted = np.tanh(mean @ numpy(decoder.bridge.kernel) + numpy(decoder.bridge.bias))
        assert np.allclose(states.reshape(3, -1), wanted, atol=1e-5)
    else:
        assert not states.any()
        assert (start == "learned") == hasattr(decoder, "initial_states")


@pytest.mark.parametrize("input_feeding", [False, True])
def test_dropout_is_applied_in_training_only(input_feeding):
    decoder = layers.AttentionDecoder(
        20, depth=2, dropout=0.5, recurrent_dropout=0.5, input_feeding=input_feeding, seed=1
    )
    masks = [TARGET_MASK, MASK]
    plain = numpy(decoder([TARGETS, VALUES], mask=masks))
    assert np.allclose(plain, numpy(decoder([TARGETS, VALUES], mask=masks)))
    dropped = numpy(decoder([TARGETS, VALUES], mask=masks, training=True))
    zero = (dropped == 0) & TARGET_MASK[:, :, None]
    # The same components are zero at all steps of a text.
    assert zero[0].any()
    assert (zero[0].all(axis=0) == zero[0].any(axis=0)).all()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"units": 0}, "units of 1 or more"),
        ({"depth": 0}, "depth of 1 or more"),
        ({"attention": "dot"}, "attention in additive"),
        ({"start": "random"}, "start in encoder"),
        ({"dropout": 1.0}, "dropout in"),
    ],
)
def test_invalid_arguments_are_errors(options, message):
    with pytest.raises(InputError, match=message):
        layers.AttentionDecoder(**{"units": 4, **options})


def test_inputs_with_other_shapes_are_errors():
    with pytest.raises(InputError, match="a list of vectors"):
        layers.AttentionDecoder(4)(TARGETS)


def test_the_pointer_generator_copies_words_that_the_vocabulary_lacks():
    layer = layers.PointerGenerator(bias_initializer=keras.initializers.Constant(-50))
    outputs, logits = np.zeros((1, 1, 3), np.float32), np.zeros((1, 1, 6), np.float32)
    weights, tokens = np.array([[[0.2, 0.5, 0.3]]], np.float32), np.array([[2, 7, 2]], np.int32)
    probabilities = numpy(layer([outputs, logits, weights, tokens]))
    assert np.allclose(probabilities[0, 0], [0, 0, 0.5, 0, 0, 0, 0, 0.5, 0], atol=1e-6)
    log_probs, copied = map(numpy, layer([outputs, logits, weights, tokens], targets=np.array([[7]])))
    assert np.allclose(np.exp(log_probs), 0.5, atol=1e-6)
    assert np.allclose(copied, 1)
