"""Outputs of layers do not depend on padding, other rows, the kind of mask or the precision."""

import keras
import numpy as np
import pytest
from keras import ops
from layer_table import CASES, PADDED, TOKENS, build, outputs, predict, real_part, shared_model

from syntagma import backend, layers

pytestmark = pytest.mark.backend


def test_the_table_lists_every_layer():
    from layer_table import LOSSES_AND_METRICS

    assert sorted([*CASES, *LOSSES_AND_METRICS]) == sorted(layers.__all__)


def test_the_documented_shapes_are_correct(name):
    promised = shared_model(name).output_shape
    promised = promised if isinstance(promised, list) else [promised]
    for shape, gives, real in zip(promised, CASES[name].outputs, outputs(name), strict=True):
        assert len(shape) == len(gives.split()) == real.ndim
        assert all(size in (None, result) for size, result in zip(shape, real.shape, strict=True))


def test_padding_and_other_rows_do_not_affect_the_outputs(name):
    """Check that the second row alone, with more padding, gives the same outputs as in the batch."""
    alone = predict(shared_model(name), PADDED[1:2])
    for place, (one, together) in enumerate(zip(alone, outputs(name), strict=True)):
        real = real_part(name, one, place, [2]), real_part(name, together[1:2], place, [2])
        assert np.allclose(*real, atol=1e-5)


def test_a_masked_layer_treats_explicit_and_implicit_masks_alike(name):
    explicit = predict(build(name, explicit=True), TOKENS, TOKENS > 0)
    for one, other in zip(explicit, outputs(name), strict=True):
        assert np.allclose(one, other, atol=1e-5)


def test_a_text_without_tokens_gives_finite_outputs(name):
    for output in outputs(name):
        assert not np.isnan(output).any()
        assert not np.isposinf(output).any()


def test_the_mask_is_passed_on_if_the_time_axis_is_kept(name):
    output = shared_model(name).outputs[0]
    if name == "TiedSoftmax":  # a Keras embedding, which sets its mask when it is called
        output = shared_model(name)(TOKENS)
    mask = getattr(output, "_keras_mask", None)
    assert (mask is not None) == CASES[name].passes_mask
    if CASES[name].passes_mask:
        assert CASES[name].outputs[0].split()[1] == "T"


def test_bfloat16_outputs_are_close_to_float32(name):
    with backend.precision("mixed_bfloat16"):
        model = build(name)

    def compute(trainable, others):
        calls = (model.stateless_call(trainable, others, TOKENS, training=training) for training in (False, True))
        return [[ops.cast(one, "float32") for one in keras.tree.flatten(result)] for result, _ in calls]

    # A single program, because compilation dominates the time.
    parts = model.trainable_variables, model.non_trainable_variables
    result, trained = backend.compile_function(compute)(*([one.value for one in part] for part in parts))
    for place, (one, exact) in enumerate(zip(result, outputs(name), strict=True)):
        one = ops.convert_to_numpy(one)
        assert not np.isnan(one).any()
        near, far = (real_part(name, each, place, [4, 2, 0]) for each in (one, exact))
        if CASES[name].outputs[place].split()[-1] != "T" and "Decoder" not in name:  # rounding may change a tag
            assert np.allclose(near, far, atol=0.05 * max(1.0, np.abs(far[far > -1e5]).max()))
    for one in trained:
        assert not np.isnan(ops.convert_to_numpy(one)).any()
