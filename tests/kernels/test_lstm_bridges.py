"""The kernel through the current backend, compared with the NumPy reference, and the choice of the kernel."""

import logging

import keras
import numpy as np
import pytest
from keras import ops

from syntagma import backend
from syntagma.errors import InputError
from syntagma.kernels import native, select
from syntagma.kernels.arguments import LSTMArguments, LSTMOptions, LSTMResults
from syntagma.kernels.lstm import lstm
from syntagma.kernels.lstm_numpy import LSTMInputs, lstm_gradients
from syntagma.kernels.lstm_numpy import lstm as twin

pytestmark = pytest.mark.backend

BACKEND = keras.backend.backend()
LEARNED = native.ARRAYS
needs_kernel = pytest.mark.skipif(
    native.library() is None or BACKEND == "tensorflow", reason="there is no kernel, or no bridge to it"
)


def random_case(seed, **options):
    """Return random inputs, with or without each optional array, for the NumPy reference and for the bridge."""
    random = np.random.default_rng(seed)
    rows, time, size, units = (int(random.integers(1, most)) for most in (7, 9, 6, 20))
    normal = lambda *shape: random.normal(0, 0.7, shape).astype(np.float32)  # noqa: E731
    factors = lambda *shape: (random.random(shape) < 0.7) / np.float32(0.7)  # noqa: E731
    arguments = LSTMArguments(
        normal(rows, time, size),
        normal(size, 4 * units),
        normal(units, 4 * units),
        normal(4 * units),
        normal(rows, units),
        normal(rows, units),
        random.random((rows, time)) < 0.6 if seed & 1 else None,
        factors(4 if seed & 8 else 1, rows, size) if seed & 2 else None,
        factors(4, rows, units) if seed & 4 else None,
        factors(rows, units) if seed & 16 else None,
    )
    x_dropout = arguments.x_dropout
    if x_dropout is not None and len(x_dropout) == 1:
        x_dropout = x_dropout[0]
    given = LSTMInputs(
        *(array.astype(np.float64) for array in arguments[:6]),
        mask=np.ones((rows, time), bool) if arguments.mask is None else arguments.mask,
        x_dropout=x_dropout,
        h_dropout=arguments.h_dropout,
        y_dropout=arguments.y_dropout,
        **options,
    )
    return given, arguments, (normal(rows, time, units), normal(rows, units), normal(rows, units))


def padded_on_the_left(arguments):
    """Return the arguments without masks and dropout; rows start with some equal inputs and the same states."""
    rows, time, size = arguments.x.shape
    paddings = np.arange(rows) * time // max(1, rows)
    padding = np.arange(time) < paddings[:, None]
    return padding, LSTMArguments(
        np.where(padding[..., None], np.full((size,), 0.3, np.float32), arguments.x),
        *arguments[1:4],
        *(np.tile(array[:1], (rows, 1)) for array in arguments[4:6]),
    )


def tensors(arguments):
    return LSTMArguments(*(None if array is None else ops.convert_to_tensor(array) for array in arguments))


def gradients(arguments, options, above):
    """Return the gradients of the learned arrays from the backend; `above` are those of y, h and c."""
    dy, dh, dc = (ops.convert_to_tensor(array) for array in above)
    given = tensors(arguments)

    def score(*learned):
        h, c, y = lstm(LSTMArguments(*learned, *given[6:]), options)
        return ops.sum(h * dh) + ops.sum(c * dc) + (ops.sum(y * dy) if options.sequences else 0)

    if BACKEND == "jax":
        import jax

        return [np.asarray(one) for one in jax.jit(jax.grad(score, argnums=tuple(range(6))))(*given[:6])]
    import torch

    learned = [array.detach().clone().requires_grad_() for array in given[:6]]
    return [one.cpu().numpy() for one in torch.autograd.grad(score(*learned), learned)]


def difference(result, expected):
    """Return the maximum difference relative to the largest expected value."""
    return np.abs(result - expected).max(initial=0) / max(np.abs(expected).max(initial=0), 1e-30)


@needs_kernel
@pytest.mark.parametrize("seed", range(32))
def test_values_and_gradients_equal_the_numpy_reference(seed):
    backwards, zero_output, sequences = seed % 3 == 1, seed % 5 == 1, seed % 7 != 1
    given, arguments, above = random_case(seed, backwards=backwards, zero_output=zero_output)
    options = LSTMOptions(sequences, backwards, zero_output)
    result = lstm(tensors(arguments), options)
    y, h, c, steps = twin(given)
    for one, expected in zip(result, (h, c, y if sequences else None), strict=True):
        assert (one is None) == (expected is None)
        if one is not None:
            assert difference(ops.convert_to_numpy(one), expected) < 1e-5
    dy, dh, dc = above
    expected = lstm_gradients(given, steps, dy if sequences else np.zeros_like(dy), dh, dc)
    for name, one in zip(LEARNED, gradients(arguments, options, above), strict=True):
        assert difference(one, getattr(expected, name)) < 1e-5, name


@pytest.mark.skipif(BACKEND != "jax", reason="only JAX exports programs")
@pytest.mark.parametrize("seed", [2, 3, 21, 31])
def test_the_exported_loop_equals_the_numpy_reference(seed):
    from syntagma.kernels import lstm_jax_loop

    backwards, zero_output = seed % 3 == 1, seed % 5 == 1
    given, arguments, above = random_case(seed, backwards=backwards, zero_output=zero_output)
    options = LSTMOptions(True, backwards, zero_output)
    loop = backend.compile_function(lambda given: lstm_jax_loop.lstm(given, options))
    back = backend.compile_function(lambda given, above: lstm_jax_loop.lstm_gradients(given, options, above))
    result = loop(tensors(arguments))
    y, h, c, steps = twin(given)
    for one, expected in zip(result, (h, c, y), strict=True):
        assert difference(ops.convert_to_numpy(one), expected) < 1e-5
    dy, dh, dc = above
    expected = lstm_gradients(given, steps, dy, dh, dc)
    results = LSTMResults(*(ops.convert_to_tensor(one) for one in (dh, dc, dy)))
    for name, one in zip(LEARNED, back(tensors(arguments), results), strict=True):
        assert difference(np.asarray(one), getattr(expected, name)) < 1e-5, name


@needs_kernel
@pytest.mark.parametrize("sequences", [True, False])
def test_a_shared_prefix_gives_the_same_results_and_gradients(sequences):
    random = np.random.default_rng(5)
    normal = lambda *shape: random.normal(0, 0.7, shape).astype(np.float32)  # noqa: E731
    rows, time, size, units = 6, 11, 4, 9
    shapes = [(rows, time, size), (size, 4 * units), (units, 4 * units), (4 * units,), (rows, units), (rows, units)]
    padding, arguments = padded_on_the_left(LSTMArguments(*(normal(*shape) for shape in shapes)))
    above = normal(rows, time, units), normal(rows, units), normal(rows, units)
    alone, shared = (LSTMOptions(sequences, share_prefix=share) for share in (False, True))
    for one, expected in zip(lstm(tensors(arguments), shared), lstm(tensors(arguments), alone), strict=True):
        if expected is not None:
            assert difference(ops.convert_to_numpy(one), ops.convert_to_numpy(expected)) < 1e-6
    result, expected = (dict(zip(LEARNED, gradients(arguments, one, above), strict=True)) for one in (shared, alone))
    # Gradients of steps shared by several rows are assigned to one of them.
    assert difference(result["x"][padding].sum(0), expected["x"][padding].sum(0)) < 1e-5
    assert difference(result["x"][~padding], expected["x"][~padding]) < 1e-5
    assert (np.any(result["x"] != 0, axis=-1) & padding).any(axis=1).sum() == 1
    for name in ("h0", "c0"):
        assert difference(result[name].sum(0), expected[name].sum(0)) < 1e-5
    for name in ("kernel", "recurrent", "bias"):
        assert difference(result[name], expected[name]) < 1e-5


@needs_kernel
def test_second_derivatives_raise_an_error_with_a_remedy():
    _, arguments, _ = random_case(0)
    given = tensors(arguments)

    def score(x):
        return ops.sum(lstm(LSTMArguments(x, *given[1:]), LSTMOptions()).y)

    with pytest.raises(InputError, match=r"no gradients of gradients\. Use `LSTM\(kernel='framework'\)`"):
        if BACKEND == "jax":
            import jax

            jax.grad(lambda x: ops.sum(jax.grad(score)(x)))(given.x)
        else:
            import torch

            x = given.x.detach().clone().requires_grad_()
            (first,) = torch.autograd.grad(score(x), x, create_graph=True)
            first.sum().backward()


@needs_kernel
def test_arrays_that_are_not_contiguous_give_the_same_results():
    _, arguments, _ = random_case(0)
    turn = lambda array: ops.swapaxes(ops.convert_to_tensor(np.swapaxes(array, 0, -1).copy()), 0, -1)  # noqa: E731
    turned = LSTMArguments(*map(turn, arguments[:6]))
    plain, result = (lstm(given, LSTMOptions()).y for given in (tensors(arguments), turned))
    assert np.array_equal(ops.convert_to_numpy(plain), ops.convert_to_numpy(result))


@needs_kernel
@pytest.mark.parametrize("kind", ["bfloat16", "float16"])
def test_results_have_the_dtype_of_the_inputs(kind):
    given, arguments, _ = random_case(0)
    narrow = LSTMArguments(*(ops.cast(ops.convert_to_tensor(array), kind) for array in arguments[:6]))
    result = lstm(narrow, LSTMOptions())
    assert all(keras.backend.standardize_dtype(one.dtype) == kind for one in result)
    assert np.abs(ops.convert_to_numpy(ops.cast(result.y, "float32")) - twin(given).y).max() < 0.05


@pytest.mark.parametrize("name", LSTMArguments._fields[1:])
def test_a_wrong_shape_raises_an_error_that_names_the_array(name):
    _, arguments, _ = random_case(31)
    wrong = getattr(arguments, name)[..., :-1]
    with pytest.raises(InputError, match=rf"`lstm` needs `{name}` of shape \(.* got \("):
        lstm(tensors(arguments._replace(**{name: wrong})), LSTMOptions())


@pytest.mark.parametrize(
    ("activation", "recurrent", "dtype", "reason"),
    [
        ("relu", "sigmoid", "float32", "it supports tanh and sigmoid, not relu and sigmoid"),
        ("tanh", "hard_sigmoid", "float32", "not tanh and hard_sigmoid"),
        ("tanh", "sigmoid", "float64", "in float32, not in float64"),
    ],
)
def test_unsupported_options_use_the_framework_and_give_the_reason(activation, recurrent, dtype, reason):
    choice = select.choose(activation, recurrent, dtype)
    assert choice.kernel == "framework"
    assert reason in choice.reason
    with pytest.raises(InputError, match=r"The native LSTM kernel cannot be used: .*Use kernel='auto'"):
        select.choose(activation, recurrent, dtype, requested="native")


@pytest.fixture
def fresh_caches():
    """Clear cached facts about the installation, before and after the test."""
    clear_caches = (select._working_backends.clear, native.library.cache_clear)
    for clear in clear_caches:
        clear()
    yield
    for clear in clear_caches:
        clear()


@pytest.mark.skipif(BACKEND == "tensorflow", reason="TensorFlow has no bridge to the kernel")
def test_without_the_library_the_framework_is_used(monkeypatch, fresh_caches):
    monkeypatch.setattr(native, "_find", lambda: None)
    assert select.choose("tanh", "sigmoid", "float32") == (
        "framework",
        "it was not built, because no C++ compiler was found when Syntagma was installed",
    )


@needs_kernel
def test_a_kernel_that_fails_at_its_first_call_is_not_used(monkeypatch, fresh_caches):
    def refuse():
        raise RuntimeError("No FFI handler registered\nfor it")

    monkeypatch.setattr(select, "_test_call", refuse)
    kernel, reason = select.choose("tanh", "sigmoid", "float32")
    assert (kernel, reason) == ("framework", "its first call failed (No FFI handler registered)")


@pytest.mark.skipif(BACKEND != "tensorflow", reason="TensorFlow only")
def test_tensorflow_uses_its_own_loop():
    assert select.choose("tanh", "sigmoid", "float32") == ("framework", "there is no bridge for TensorFlow")


@needs_kernel
def test_the_choice_names_the_instruction_set_and_is_logged_once(caplog):
    select._log.cache_clear()
    with caplog.at_level(logging.INFO, "syntagma"):
        choices = {select.choose("tanh", "sigmoid", "float32") for _ in range(3)}
    library = native.library()
    assert choices == {("native", f"{library.instructions}, {library.threads} threads")}
    assert [record.message for record in caplog.records if "LSTM" in record.message] == [
        f"LSTM: native ({library.instructions}, {library.threads} threads)"
    ]


def test_the_environment_variable_forces_the_choice(monkeypatch):
    monkeypatch.setenv("SYNTAGMA_KERNEL", "framework")
    assert select.choose("tanh", "sigmoid", "float32", requested="native") == ("framework", "requested")
    monkeypatch.setenv("SYNTAGMA_KERNEL", "quick")
    with pytest.raises(
        InputError, match="SYNTAGMA_KERNEL must be one of auto, native, framework, or unset; got 'quick'"
    ):
        select.choose("tanh", "sigmoid", "float32")
