import concurrent.futures
import json
import os
import random
import subprocess
import sys

import keras
import numpy as np
import pytest

from syntagma import backend
from syntagma.errors import InputError

WRITTEN_BY_KERAS = {
    "floatx": "float32",
    "epsilon": 1e-07,
    "backend": "tensorflow",
    "image_data_format": "channels_last",
}


def chosen(home, **environment):
    """The backend that `choose` leaves in the environment of a new process."""
    variables = {name: value for name, value in os.environ.items() if name != "KERAS_BACKEND"}
    code = "import os, syntagma; print(os.environ.get('KERAS_BACKEND'))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**variables, "KERAS_HOME": str(home), **environment},
    )
    return done.stdout.strip()


def test_jax_is_chosen_where_nobody_has_chosen(tmp_path):
    assert chosen(tmp_path) == "jax"


def test_the_file_that_keras_writes_by_itself_is_nobodys_choice(tmp_path):
    (tmp_path / "keras.json").write_text(json.dumps(WRITTEN_BY_KERAS))
    assert chosen(tmp_path) == "jax"


def test_a_keras_json_that_a_person_wrote_is_a_choice(tmp_path):
    (tmp_path / "keras.json").write_text(json.dumps({**WRITTEN_BY_KERAS, "backend": "torch"}))
    assert chosen(tmp_path) == "None"


@pytest.mark.parametrize("content", ["{", "[1]"])
def test_a_broken_keras_json_is_no_choice(tmp_path, content):
    (tmp_path / "keras.json").write_text(content)
    assert chosen(tmp_path) == "jax"


def test_the_environment_wins(tmp_path):
    assert chosen(tmp_path, KERAS_BACKEND="torch") == "torch"


@pytest.mark.backend
def test_keras_that_is_already_imported_keeps_its_backend(monkeypatch):
    import keras  # noqa: F401

    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    backend.choose()
    assert "KERAS_BACKEND" not in os.environ


@pytest.mark.backend
def test_the_tests_run_on_the_backend_that_was_asked_for():
    assert backend.name() == os.environ["KERAS_BACKEND"]


@pytest.mark.backend
def test_versions_name_keras_and_the_framework():
    found = backend.versions()
    assert set(found) == {"keras", backend.name()}
    assert all(version[0].isdigit() for version in found.values())


@pytest.mark.backend
def test_seeded_draws_depend_on_the_seed_alone():
    import keras

    def draw(seed):
        with backend.seeded(seed):
            weights = keras.layers.Dense(3)
            weights.build((None, 4))
            return weights.kernel.numpy()

    first = draw(5)
    np.random.rand()
    assert np.array_equal(first, draw(5))
    assert not np.array_equal(first, draw(6))


@pytest.mark.backend
def test_seeded_puts_the_callers_generators_back():
    np.random.seed(1)
    random.seed(1)
    expected = np.random.rand(), random.random()
    np.random.seed(1)
    random.seed(1)

    def draw_and_fail():
        with backend.seeded(7):
            np.random.rand()
            raise RuntimeError("inside")

    with pytest.raises(RuntimeError, match="inside"):
        draw_and_fail()
    assert (np.random.rand(), random.random()) == expected


@pytest.mark.backend
def test_precision_holds_within_its_block_only():
    import keras

    before = keras.config.dtype_policy().name
    with backend.precision("mixed_bfloat16"):
        inside = keras.layers.Dense(1)
    outside = keras.layers.Dense(1)
    assert inside.compute_dtype == "bfloat16"
    assert outside.compute_dtype == keras.config.floatx()
    assert keras.config.dtype_policy().name == before


@pytest.mark.backend
def test_blank_weights_are_zeros_in_this_thread_alone_and_only_within_the_block():
    with backend.blank_weights(limit=100), concurrent.futures.ThreadPoolExecutor(1) as elsewhere:
        here = dense()
        there = elsewhere.submit(dense).result()
    after = dense()
    assert not np.any(here)
    assert np.all(there != 0)
    assert np.all(after != 0)


@pytest.mark.backend
def test_blank_weights_over_the_limit_are_refused_and_the_block_is_left_clean():
    with (
        pytest.raises(InputError, match="over 11 weights; far fewer are stored"),
        backend.blank_weights(limit=11),
    ):
        dense()
    assert np.all(dense() != 0)


def dense():
    """The kernel of a new layer, (3, 4)."""
    layer = keras.layers.Dense(4, use_bias=False)
    layer.build((None, 3))
    return keras.ops.convert_to_numpy(layer.kernel)


def test_what_is_compiled_quickly_gives_the_same():
    double = backend.compile_function(lambda x: keras.ops.tanh(x) * 2)
    jax_setting = "jax_disable_most_optimizations"
    before = _jax_setting(jax_setting)
    with backend.fast_compilation():
        quick = np.asarray(double(keras.ops.convert_to_tensor(np.ones(3, np.float32))))
        assert _jax_setting(jax_setting) in (True, None)
    assert _jax_setting(jax_setting) == before
    with backend.fast_compilation(enabled=False):
        assert _jax_setting(jax_setting) == before
    np.testing.assert_allclose(quick, 2 * np.tanh(np.ones(3)), rtol=1e-5)


def _jax_setting(name):
    if backend.name() != "jax":
        return None
    import jax

    return jax.config.read(name)
