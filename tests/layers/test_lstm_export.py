"""Exported models with our LSTM load without Syntagma, and the layer uses its kernel again after the export."""

import os
import subprocess
import sys
import zipfile

import keras
import numpy as np
import pytest
from keras import ops

from syntagma import backend, layers
from syntagma.errors import InputError

pytestmark = pytest.mark.backend
only = {
    name: pytest.mark.skipif(backend.name() != name, reason=f"exports of {name}")
    for name in ("jax", "torch", "tensorflow")
}
X = np.random.default_rng(0).normal(size=(3, 6, 5)).astype(np.float32)
X[1, 4:] = 0  # masked


def small_model(kernel="auto"):
    keras.utils.set_random_seed(0)
    return keras.Sequential(
        [
            keras.Input((6, 5)),
            keras.layers.Masking(),
            keras.layers.Bidirectional(layers.LSTM(3, return_sequences=True, kernel=kernel)),
            layers.LSTM(4, go_backwards=True, kernel=kernel),
            keras.layers.Dense(1),
        ]
    )


def outputs(model, x=X):
    return ops.convert_to_numpy(model(ops.convert_to_tensor(x)))


def run_apart(code, *arguments, **environment):
    """Run code in a separate process, and return its output."""
    command = [sys.executable, "-W", "ignore", "-c", code, *map(str, arguments)]
    result = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **environment})
    assert result.returncode == 0, result.stderr
    return result.stdout


READ_TORCH = """
import sys
sys.modules.update(keras=None, syntagma=None)
import numpy, torch
model, x, y = sys.argv[1:]
load = torch.jit.load if model.endswith(".pt") else lambda path: torch.export.load(path).module()
numpy.save(y, load(model)(torch.tensor(numpy.load(x))).detach().numpy())
"""


def read_by_torch_alone(path, folder):
    np.save(folder / "x.npy", X[:1])
    run_apart(READ_TORCH, path, folder / "x.npy", folder / "y.npy")
    return np.load(folder / "y.npy")


@only["torch"]
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kernel", ["auto", "native"])
def test_pytorch_alone_loads_an_exported_program(tmp_path, kernel):
    model = small_model(kernel)
    before = outputs(model, X[:1])
    path = tmp_path / "model.pt2"
    model.export(path, format="torch", verbose=False)
    np.testing.assert_allclose(read_by_torch_alone(path, tmp_path), before, atol=1e-5)
    with zipfile.ZipFile(path) as file:
        assert not any(b"syntagma::" in file.read(name) for name in file.namelist())
    np.testing.assert_array_equal(outputs(model, X[:1]), before)  # bitwise equal, since the kernel is used again


@only["torch"]
@pytest.mark.filterwarnings("ignore")
def test_pytorch_alone_loads_a_traced_model(tmp_path):
    import torch

    model = small_model()
    torch.jit.trace(model, torch.tensor(X[:1]), check_trace=False).save(tmp_path / "model.pt")
    np.testing.assert_allclose(read_by_torch_alone(tmp_path / "model.pt", tmp_path), outputs(model, X[:1]), atol=1e-5)


@only["torch"]
@pytest.mark.filterwarnings("ignore")
def test_a_new_model_uses_the_kernel_after_being_exported(tmp_path):
    model = small_model()
    model.export(tmp_path / "model.pt2", format="torch", verbose=False)
    assert layers.LSTM(3).choice.kernel == layers.LSTM(3, kernel="native").choice.kernel == "native"


@only["torch"]
@pytest.mark.filterwarnings("ignore")
def test_an_onnx_file_computes_the_same_outputs(tmp_path):
    pytest.importorskip("onnxscript", reason="exporting to ONNX needs onnxscript")
    runtime = pytest.importorskip("onnxruntime", reason="reading ONNX needs onnxruntime")
    model = small_model()
    before = outputs(model, X[:1])
    model.export(tmp_path / "model.onnx", format="onnx", verbose=False)
    session = runtime.InferenceSession(tmp_path / "model.onnx")
    (result,) = session.run(None, {session.get_inputs()[0].name: X[:1]})
    np.testing.assert_allclose(result, before, atol=1e-5)


def exported_by_jax(function, *shapes):
    """Export a function of arrays with JAX, which rejects programs that another process could not run."""
    import jax

    result = jax.export.export(function)(*shapes)
    assert "syntagma_lstm" not in result.mlir_module() + result.vjp().mlir_module()
    return result


def stateless(model):
    weights = [variable.value for variable in model.trainable_variables]
    others = [variable.value for variable in model.non_trainable_variables]
    return lambda x: model.stateless_call(weights, others, x)[0]


@only["jax"]
@pytest.mark.parametrize("kernel", ["auto", "native"])
@pytest.mark.parametrize("rows", ["3", "batch"])
def test_jax_exports_a_program_without_the_kernel(kernel, rows):
    import jax

    model = small_model(kernel)
    function = jax.jit(stateless(model))
    before = np.asarray(function(X))  # traced with the kernel, but exported without it
    shape = jax.ShapeDtypeStruct(jax.export.symbolic_shape(f"{rows}, 6, 5"), np.float32)
    result = exported_by_jax(function, shape)
    np.testing.assert_allclose(result.call(X), before, atol=1e-5)
    np.testing.assert_array_equal(function(X), before)  # bitwise equal, since the kernel is used again
    assert "syntagma_lstm" in function.lower(X).as_text()


@only["jax"]
def test_jax_exports_gradients_without_the_kernel():
    import jax

    model = small_model()
    score = lambda x: (stateless(model)(x) ** 2).sum()  # noqa: E731
    result = exported_by_jax(jax.jit(score), jax.ShapeDtypeStruct(X.shape, np.float32))
    np.testing.assert_allclose(jax.grad(result.call)(X), jax.grad(score)(X), atol=1e-5)


@only["jax"]
def test_a_program_for_a_gpu_does_not_call_the_kernel():
    import jax

    traced = jax.jit(stateless(small_model())).trace(X)
    assert "syntagma_lstm" in traced.lower(lowering_platforms=("cpu",)).as_text()
    assert "syntagma_lstm" not in traced.lower(lowering_platforms=("cuda",)).as_text()


SAVE = """
import sys
import numpy as np
import syntagma.layers as layers
import keras

path = sys.argv[1]
x = np.load(path + ".npy")
model = keras.Sequential([keras.Input((6, 5)), keras.layers.Masking(), layers.LSTM(3)])
before = keras.ops.convert_to_numpy(model(x))
np.save(path + ".y.npy", before)
model.export(path + ".any", format="tf_saved_model", verbose=False)
signature = [keras.InputSpec(shape=(3, 6, 5), dtype="float32")]
model.export(path + ".three", format="tf_saved_model", verbose=False, input_signature=signature)
np.testing.assert_array_equal(keras.ops.convert_to_numpy(model(x)), before)
"""
READ_TENSORFLOW = """
import sys
sys.modules.update(keras=None, syntagma=None, jax=None)
import numpy as np, tensorflow as tf
path = sys.argv[1]
for rows in ("any", "three"):
    model = tf.saved_model.load(f"{path}.{rows}")
    np.testing.assert_allclose(model.serve(np.load(path + ".npy")), np.load(path + ".y.npy"), atol=1e-5)
"""


@only["tensorflow"]  # runs if TensorFlow is installed too
@pytest.mark.long
def test_tensorflow_alone_loads_a_saved_model_written_by_jax(tmp_path):
    path = tmp_path / "model"
    np.save(f"{path}.npy", X)
    run_apart(SAVE, path, KERAS_BACKEND="jax")
    run_apart(READ_TENSORFLOW, path)


class Elsewhere:
    """Stand-in for sequences on a GPU."""

    def __init__(self, device):
        self.device = type("Device", (), {"type": device})()
        self.shape = (2, 5, 4)


@only["torch"]
def test_sequences_on_another_device_use_the_loop_of_the_framework():
    layer = layers.LSTM(3)
    layer.build((2, 5, 4))
    assert layer._kernel_for(Elsewhere("cuda")) == "framework"
    layer.kernel = "native"
    with pytest.raises(InputError, match="the sequences are on cuda, and it reads CPU memory"):
        layer._kernel_for(Elsewhere("cuda"))


@only["torch"]
def test_the_kernel_never_gets_addresses_of_another_device():
    import torch

    from syntagma.kernels import lstm_torch  # noqa: F401 - it registers the operators

    has_kernel = torch._C._dispatch_has_kernel_for_dispatch_key
    for name in ("syntagma::lstm_forward", "syntagma::lstm_backward"):
        assert has_kernel(name, "CPU")
        assert not has_kernel(name, "CUDA")
    layer = layers.LSTM(3)
    layer.build((2, 5, 4))
    assert layer(torch.zeros(2, 5, 4, device="meta")).device.type == "meta"
    assert layer(torch.zeros(2, 5, 4)).device.type == "cpu"
