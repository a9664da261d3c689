"""JAX transforms of the kernel."""

import os
import subprocess
import sys

import keras
import numpy as np
import pytest

from syntagma.kernels import native
from syntagma.kernels.arguments import LSTMArguments, LSTMOptions

if keras.backend.backend() != "jax" or native.library() is None:
    pytest.skip("needs JAX and the kernel", allow_module_level=True)

import jax
import jax.numpy as jnp

from syntagma.kernels.lstm_jax import lstm


def arrays(rows=4, time=6, size=3, units=5):
    random = np.random.default_rng(0)
    shapes = [(rows, time, size), (size, 4 * units), (units, 4 * units), (4 * units,), (rows, units), (rows, units)]
    mask = np.arange(time) < random.integers(0, time + 1, rows)[:, None]
    return [*(jnp.asarray(random.normal(0, 0.7, shape).astype(np.float32)) for shape in shapes), jnp.asarray(mask)]


def outputs(*given):
    return lstm(LSTMArguments(*given), LSTMOptions()).y


def score(*given):
    return (outputs(*given) ** 2).sum()


def test_compiled_and_eager_results_are_bitwise_equal():
    given = arrays()
    assert (outputs(*given) == jax.jit(outputs)(*given)).all()


def test_vmap_over_rows_equals_separate_calls():
    given = arrays()
    one_row = lambda x, h, c, mask: outputs(x[None], *given[1:4], h[None], c[None], mask[None])[0]  # noqa: E731
    mapped = jax.vmap(one_row)(given[0], *given[4:])
    assert jnp.abs(mapped - outputs(*given)).max() < 1e-6


def test_vmap_of_gradients_over_weights_equals_separate_calls():
    given = arrays()
    kernels = jnp.stack([given[1], 2 * given[1]])
    gradient = lambda kernel: jax.grad(score, argnums=1)(given[0], kernel, *given[2:])  # noqa: E731
    mapped = jax.vmap(gradient)(kernels)
    for one, kernel in zip(mapped, kernels, strict=True):
        assert jnp.abs(one - gradient(kernel)).max() < 1e-5


def test_gradients_through_a_checkpoint_are_unchanged():
    given = arrays()
    plain, again = (jax.grad(function)(*given) for function in (score, jax.checkpoint(score)))
    assert (plain == again).all()


def test_the_kernel_works_within_a_scan():
    given = arrays(size=5)
    two_kernels = jnp.stack([given[1], given[1] / 2])
    stacked, _ = jax.lax.scan(lambda x, kernel: (outputs(x, kernel, *given[2:]), None), given[0], two_kernels)
    first = outputs(given[0], two_kernels[0], *given[2:])
    assert jnp.abs(stacked - outputs(first, two_kernels[1], *given[2:])).max() < 1e-6


_SPLIT = """
import re
import jax, numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec as P
import sys
sys.path[:0] = [{folder!r}]
from test_lstm_jax import arrays, score
given = arrays(rows=6)
alone = jax.jit(jax.grad(score, argnums=tuple(range(6))))(*given)
mesh = Mesh(np.array(jax.devices()), ("batch",))
rows, whole = NamedSharding(mesh, P("batch")), NamedSharding(mesh, P())
split = [jax.device_put(array, whole if 1 <= place <= 3 else rows) for place, array in enumerate(given)]
compiled = jax.jit(jax.grad(score, argnums=tuple(range(6)))).lower(*split).compile()
program = compiled.as_text()
moves = set(re.findall(r"(all-gather|all-reduce|all-to-all|collective-permute|dynamic-slice)[.\\d]*\\(", program))
together = compiled(*split)
worst = max(float(abs(np.asarray(a) - np.asarray(b)).max()) for a, b in zip(alone, together))
print(len(jax.devices()), sorted(moves), worst < 1e-5)
"""


def run_with_two_devices(code):
    """Return the output of a process with two devices."""
    environment = {**os.environ, "XLA_FLAGS": "--xla_force_host_platform_device_count=2", "KERAS_BACKEND": "jax"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout.split("\n")


@pytest.mark.long
def test_sharding_over_two_devices_communicates_only_weight_gradients():
    assert run_with_two_devices(_SPLIT.format(folder=os.path.dirname(__file__)))[0] == "2 ['all-reduce'] True"


_DISTRIBUTED = """
import keras, numpy as np
from syntagma.layers import LSTM
random = np.random.default_rng(0)
texts, labels = random.integers(0, 50, (32, 12)), random.integers(0, 2, 32)
def trained():
    keras.utils.set_random_seed(0)
    model = keras.Sequential([
        keras.layers.Embedding(50, 8, mask_zero=True),
        keras.layers.Bidirectional(LSTM(6, return_sequences=True, kernel="native")),
        LSTM(5, kernel="native"),
        keras.layers.Dense(1, activation="sigmoid"),
    ])
    model.compile("adam", "binary_crossentropy")
    model.fit(texts, labels, batch_size=16, epochs=2, shuffle=False, verbose=0)
    return [np.asarray(variable.value) for variable in model.weights]
alone = trained()
devices = keras.distribution.list_devices()
keras.distribution.set_distribution(keras.distribution.DataParallel(devices=devices))
print(len(devices), max(float(abs(a - b).max()) for a, b in zip(alone, trained())) < 1e-5)
"""


@pytest.mark.long
def test_training_on_two_devices_gives_the_weights_of_one():
    assert run_with_two_devices(_DISTRIBUTED)[0] == "2 True"
