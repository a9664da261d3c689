"""All backends compute the same outputs, and gradients match central differences."""

import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from layer_table import CASES, PAGE, TOKENS, build, outputs, page

HERE = Path(__file__).parent


def run(script, *arguments, environment=None):
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(HERE / script), *map(str, arguments)],
        capture_output=True,
        text=True,
        env=environment,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.backend
@pytest.mark.skipif(keras.backend.backend() == "jax", reason="the other backends are compared with JAX")
def test_every_layer_gives_the_same_outputs_as_under_jax(tmp_path, jax_environment):
    run("backends.py", tmp_path / "jax.npz", environment=jax_environment)
    differ = []
    with np.load(tmp_path / "jax.npz") as theirs:
        for name in CASES:
            for place, ours in enumerate(outputs(name)):
                if not np.allclose(ours, theirs[f"{name} {place}"], atol=1e-5):
                    differ.append(name)
    assert not differ


TRAINABLE = [name for name, case in CASES.items() if case.loss is not None]
# Layers with gradients that are written by hand, or that leave out terms which cancel.
SOME = ["AdditiveAttention", "CRF", "LSTM", "PooledCRF"]


@pytest.mark.parametrize("names", [SOME, pytest.param(TRAINABLE, marks=pytest.mark.long)], ids=["some", "all"])
def test_gradients_match_central_differences(names):
    lines = [line.split() for line in run("gradients.py", *names).splitlines()]
    assert [name for name, *_ in lines] == names
    # A float64 difference over 1e-5 has an error of about 1e-9 of the values.
    differ = [line for line in lines if not np.isclose(float(line[1]), float(line[2]), rtol=1e-5, atol=1e-7)]
    assert not differ
    assert all(float(along) != 0 for _, along, _ in lines)


def test_the_reference_page_is_up_to_date():
    assert PAGE.read_text(encoding="utf-8") == page(), "run `make reference`"


@pytest.mark.backend
def test_models_of_the_table_are_reproducible():
    one, other = build("Highway"), build("Highway")
    assert all(np.array_equal(a, b) for a, b in zip(one.get_weights(), other.get_weights(), strict=True))
    assert TOKENS.shape == (3, 4)
