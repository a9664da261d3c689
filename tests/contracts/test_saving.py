"""Saved models are restored."""

import re

import keras
import numpy as np
import pytest
from layer_table import TOKENS, build, outputs, predict, shared_model

from syntagma import backend, layers
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
    with backend.blank_weights(100_000):  # they are loaded; JAX would compile a program for each initial value
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
