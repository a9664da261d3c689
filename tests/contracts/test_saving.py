"""Saved models are restored and can be trained further."""

import re

import keras
import numpy as np
import pytest
from layer_table import CASES, TOKENS, build, mean_square, outputs, predict, shared_model, total

from syntagma import layers
from syntagma.models.weights import named_weights

pytestmark = pytest.mark.backend


def layer_of(model, name):
    return next(layer for layer in model.layers if type(layer) is getattr(layers, name))


def settings(config):
    """Return a config without the build shapes of nested layers."""
    if isinstance(config, dict):
        return {key: settings(value) for key, value in config.items() if key != "build_config"}
    return [settings(value) for value in config] if isinstance(config, list | tuple) else config


def test_a_loaded_model_has_the_same_config_and_outputs(name, tmp_path):
    model = shared_model(name)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert settings(layer_of(loaded, name).get_config()) == settings(layer_of(model, name).get_config())
    for one, other in zip(predict(loaded, TOKENS), outputs(name), strict=True):
        assert np.array_equal(one, other)


def test_weight_names_are_the_same_in_every_model(name):
    one, other = named_weights(shared_model(name)), named_weights(build(name))
    # Keras numbers the layers of a process; our own models set their names.
    assert [re.sub(r"_\d+(?=/)", "", each) for each in one] == [re.sub(r"_\d+(?=/)", "", each) for each in other]
    for weight, same in zip(one.values(), other.values(), strict=True):
        assert np.array_equal(keras.ops.convert_to_numpy(weight), keras.ops.convert_to_numpy(same))


def targets(name):
    return np.array([[1, 2, 0, 5], [3, 4, 9, 9], [9, 9, 9, 9]]) if name == "CRF" else np.zeros((3, 4), np.float32)


def test_a_trained_model_continues_after_loading_as_if_never_saved(name, tmp_path):
    model = build(name)
    model.compile(keras.optimizers.Adam(0.01), CASES[name].loss(), jit_compile="auto")
    model.train_on_batch(TOKENS, targets(name))
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(
        tmp_path / "model.keras", custom_objects={"mean_square": mean_square, "total": total}
    )
    if CASES[name].random or "Dropout" in name:
        losses = [one.test_on_batch(TOKENS, targets(name)) for one in (model, loaded)]
    else:
        losses = [one.train_on_batch(TOKENS, targets(name)) for one in (model, loaded)]
        for weight, other in zip(model.get_weights(), loaded.get_weights(), strict=True):
            assert np.allclose(weight, other, atol=1e-5)
    assert losses[0] == pytest.approx(losses[1], abs=1e-6)
