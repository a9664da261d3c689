"""The LSTM in unusual uses: integer inputs, masks of other shapes, threads, transforms, empty batches."""

import threading

import keras
import numpy as np
import pytest
from keras import ops

from syntagma import backend, layers
from syntagma.errors import InputError
from syntagma.kernels import select

pytestmark = pytest.mark.backend


def make_pair(**options):
    """Return our layer and that of Keras with the same weights, for inputs (B, T, 4)."""
    keras.utils.set_random_seed(0)
    theirs, ours = keras.layers.LSTM(3, **options), layers.LSTM(3, **options)
    for layer in (theirs, ours):
        layer.build((2, 5, 4))
    ours.set_weights(theirs.get_weights())
    return ours, theirs


def random_array(*shape):
    return np.random.default_rng(1).normal(size=shape).astype(np.float32)


def assert_same(one, other):
    np.testing.assert_allclose(ops.convert_to_numpy(one), ops.convert_to_numpy(other), atol=1e-5)


@pytest.mark.parametrize("kind", ["int32", "int64", "bool", "uint8"])
def test_integers_and_booleans_are_converted_to_floats(kind):
    ours, _ = make_pair()
    x = np.random.default_rng(0).integers(0, 2, (2, 5, 4)).astype(kind)
    result = ours(x)
    assert backend.dtype(result) == "float32"
    assert_same(result, ours(x.astype(np.float32)))
    assert len(np.unique(ops.convert_to_numpy(result))) == 6


@pytest.mark.parametrize("kernel", ["auto", "framework"])
@pytest.mark.parametrize("sequences", [False, True])
def test_a_mask_may_have_an_extra_axis(kernel, sequences):
    ours, _ = make_pair(return_sequences=sequences)
    ours.kernel = kernel
    x, mask = random_array(2, 5, 4), np.array([[1, 1, 1, 0, 0], [1, 1, 1, 1, 1]], bool)
    result = ours(x, mask=mask[..., None])
    assert tuple(result.shape) == ((2, 5, 3) if sequences else (2, 3))
    assert_same(result, ours(x, mask=mask))


def test_concurrent_calls_leave_no_state_on_the_layer():
    keras.utils.set_random_seed(0)
    layer = layers.LSTM(6, projection_units=3, unroll=True)  # JAX would compile the loop in each call
    x = random_array(2, 5, 4)
    states = [ops.convert_to_tensor(random_array(2, size)) for size in (3, 6)]
    expected = [ops.convert_to_numpy(layer(x)), ops.convert_to_numpy(layer(x, initial_state=states))]
    wrong = []

    def call(which):
        for _ in range(100):
            result = ops.convert_to_numpy(layer(x, initial_state=states) if which else layer(x))
            wrong.extend([which] if not np.allclose(result, expected[which], atol=1e-5) else [])

    run([call] * 4)
    assert wrong == []


def test_concurrent_training_does_not_affect_the_weights_of_a_prediction():
    keras.utils.set_random_seed(0)
    layer = layers.LSTM(3, recurrent_weight_dropout=0.5, kernel="framework", unroll=True)
    x = random_array(2, 5, 4)
    expected = ops.convert_to_numpy(layer(x))
    kernel = ops.convert_to_numpy(layer.cell.recurrent_kernel)
    wrong = []

    def call(training):
        for _ in range(40):
            result = ops.convert_to_numpy(layer(x, training=bool(training)))
            wrong.extend([1] if not training and not np.allclose(result, expected, atol=1e-5) else [])

    run([call] * 4)
    assert wrong == []
    np.testing.assert_array_equal(ops.convert_to_numpy(layer.cell.recurrent_kernel), kernel)


def run(calls):
    threads = [threading.Thread(target=call, args=(number % 2,)) for number, call in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.mark.filterwarnings("ignore:.*torch.jit.script.*:DeprecationWarning")
@pytest.mark.skipif(backend.name() != "torch", reason="transforms of PyTorch")
def test_pytorch_transforms_give_the_results_of_keras_loop():
    import torch

    ours, theirs = make_pair()
    x = torch.tensor(random_array(2, 5, 4))
    for transform in (
        lambda layer: torch.func.grad(lambda q: layer(q).sum())(x),
        lambda layer: torch.func.jvp(layer, (x,), (torch.ones_like(x),))[1],
        lambda layer: torch.func.jacfwd(lambda q: layer(q)[0])(x),
        lambda layer: torch.func.jacrev(lambda q: layer(q)[0])(x),
        lambda layer: torch.func.vmap(layer)(torch.stack([x, 2 * x])),
    ):
        result = transform(ours)
        assert result.abs().max() > 0
        assert_same(result.detach(), transform(theirs).detach())


@pytest.mark.filterwarnings("ignore:.*torch.jit.script.*:DeprecationWarning")
@pytest.mark.skipif(backend.name() != "torch", reason="forward-mode derivatives of PyTorch")
def test_forward_mode_derivatives_are_not_zero():
    import torch
    from torch.autograd import forward_ad

    ours, theirs = make_pair()
    x, tangent = torch.tensor(random_array(2, 5, 4)), torch.ones(2, 5, 4)
    result = []
    for layer in (ours, theirs):
        with forward_ad.dual_level():
            result.append(forward_ad.unpack_dual(layer(forward_ad.make_dual(x, tangent))).tangent.detach())
    assert result[0].abs().max() > 0
    assert_same(*result)


@pytest.mark.skipif(backend.name() != "jax", reason="transforms of JAX")
@pytest.mark.parametrize("transform", ["jvp", "jacfwd"])
def test_forward_mode_derivatives_of_jax_raise_an_error_with_a_remedy(transform):
    import jax

    ours, theirs = make_pair()
    x = jax.numpy.asarray(random_array(2, 5, 4))
    compute = {"jvp": lambda layer: jax.jvp(layer, (x,), (x,))[1], "jacfwd": lambda layer: jax.jacfwd(layer)(x)}[
        transform
    ]
    with pytest.raises(InputError, match=r"no forward-mode derivatives .* Use `LSTM\(kernel='framework'\)`"):
        compute(ours)
    ours.kernel = "framework"
    assert_same(compute(ours), compute(theirs))


@pytest.mark.skipif(backend.name() != "torch", reason="tensors without numbers of PyTorch")
def test_a_first_call_without_values_does_not_disable_the_kernel(monkeypatch):
    import torch
    from torch._subclasses.fake_tensor import FakeTensorMode

    monkeypatch.setattr(select, "_working_backends", set())
    ours, _ = make_pair()
    before = ours.choice.kernel
    monkeypatch.setattr(select, "_working_backends", set())
    with FakeTensorMode(allow_non_fake_inputs=True):
        ours(torch.zeros(2, 5, 4))
    assert ours.choice.kernel == before


@pytest.mark.parametrize("value", ["", "Native", "keras"])
def test_the_error_for_a_mistyped_variable_lists_its_values(monkeypatch, value):
    monkeypatch.setenv("SYNTAGMA_KERNEL", value)
    with pytest.raises(
        InputError, match=f"SYNTAGMA_KERNEL must be one of auto, native, framework, or unset; got {value!r}"
    ):
        layers.LSTM(3)(random_array(2, 5, 4))


EMPTY = {
    "ScaledDotAttention": (layers.ScaledDotAttention, 2),
    "AdditiveAttention": (lambda: layers.AdditiveAttention(3), 2),
    "MaskedMaxPooling1D": (layers.MaskedMaxPooling1D, 1),
    "CRF": (lambda: layers.CRF(4), 1),
    "AttentionPooling": (lambda: layers.AttentionPooling(), 1),
}


@pytest.mark.parametrize("name", EMPTY)
def test_an_empty_batch_gives_an_empty_output(name):
    make, inputs = EMPTY[name]
    layer = make()
    full, none = ([random_array(rows, 5, 4)] * inputs for rows in (2, 0))
    layer.build([one.shape for one in full] if inputs > 1 else full[0].shape)
    call = backend.compile_function(lambda inputs: layer(inputs))  # JAX would compile loops in each call
    shape = tuple(call(full if inputs > 1 else full[0]).shape)
    if backend.name() == "tensorflow" and name == "CRF":
        pytest.skip("a loop of TensorFlow over no rows has no first result")
    assert tuple(call(none if inputs > 1 else none[0]).shape) == (0, *shape[1:])


def test_messages_contain_no_literal_escape_codes():
    with pytest.raises(InputError) as raised:
        layers.LSTM(3)(random_array(3, 6, 4), mask=np.ones((3, 5), bool))
    assert "\\x1b" not in str(raised.value)
    assert "\\n" not in str(raised.value)


def test_a_crf_uses_the_global_dtype():
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("float64")
    try:
        assert layers.CRF(4).compute_dtype == "float64"
    finally:
        keras.config.set_dtype_policy(before)
    assert layers.CRF(4).compute_dtype == "float32"


@pytest.mark.filterwarnings("ignore")
@pytest.mark.skipif(backend.name() != "torch", reason="the compiler of PyTorch")
def test_a_compiled_layer_gives_the_same_results():
    import torch

    ours, _ = make_pair()
    x = torch.tensor(random_array(2, 5, 4))
    assert_same(torch.compile(ours, backend="aot_eager")(x).detach(), ours(x).detach())


@pytest.mark.long
@pytest.mark.filterwarnings("ignore")
@pytest.mark.skipif(backend.name() != "torch", reason="the compiler of PyTorch")
def test_a_model_compiled_by_keras_learns():
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((5, 4)), layers.LSTM(3), keras.layers.Dense(1)])
    model.compile("adam", "mse", jit_compile=True)
    losses = model.fit(random_array(8, 5, 4), np.ones((8, 1)), verbose=0, epochs=3).history["loss"]
    assert losses[-1] < losses[0]


@pytest.mark.skipif(backend.name() == "tensorflow", reason="TensorFlow has no bridge to the kernel")
def test_a_projection_can_force_the_kernel_if_states_start_at_zero():
    keras.utils.set_random_seed(0)
    layer = layers.LSTM(6, projection_units=3, kernel="native")
    result = layer(random_array(2, 5, 4))
    layer.kernel = "framework"
    assert_same(result, layer(random_array(2, 5, 4)))
