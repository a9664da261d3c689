"""The kernel through the backend in use, held against its twin in NumPy; and which kernel is chosen, and why."""

import logging

import keras
import numpy as np
import pytest
from keras import ops

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
    native.library() is None or BACKEND == "tensorflow", reason="no kernel here, or no bridge to it"
)


def drawn(seed, **options):
    """A case with each optional array there or not; the twin's inputs, and what the bridge takes."""
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
    """The same without masks and dropout; rows begin with some equal inputs and the same states."""
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
    """Gradients of the learned arrays by the backend's own means; `above` are those of y, h and c."""
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


def difference(found, expected):
    """In units of the largest number that is expected."""
    return np.abs(found - expected).max(initial=0) / max(np.abs(expected).max(initial=0), 1e-30)


@needs_kernel
@pytest.mark.parametrize("seed", range(32))
def test_values_and_gradients_are_those_of_the_twin(seed):
    backwards, zero_output, sequences = seed % 3 == 1, seed % 5 == 1, seed % 7 != 1
    given, arguments, above = drawn(seed, backwards=backwards, zero_output=zero_output)
    options = LSTMOptions(sequences, backwards, zero_output)
    found = lstm(tensors(arguments), options)
    y, h, c, steps = twin(given)
    for one, expected in zip(found, (h, c, y if sequences else None), strict=True):
        assert (one is None) == (expected is None)
        if one is not None:
            assert difference(ops.convert_to_numpy(one), expected) < 1e-5
    dy, dh, dc = above
    expected = lstm_gradients(given, steps, dy if sequences else np.zeros_like(dy), dh, dc)
    for name, one in zip(LEARNED, gradients(arguments, options, above), strict=True):
        assert difference(one, getattr(expected, name)) < 1e-5, name


@pytest.mark.skipif(BACKEND != "jax", reason="programs that JAX exports")
@pytest.mark.parametrize("seed", [2, 3, 21, 31])
def test_the_loop_that_is_exported_gives_what_the_twin_gives(seed):
    from syntagma.kernels import lstm_jax_loop

    backwards, zero_output = seed % 3 == 1, seed % 5 == 1
    given, arguments, above = drawn(seed, backwards=backwards, zero_output=zero_output)
    options = LSTMOptions(True, backwards, zero_output)
    found = lstm_jax_loop.lstm(tensors(arguments), options)
    y, h, c, steps = twin(given)
    for one, expected in zip(found, (h, c, y), strict=True):
        assert difference(ops.convert_to_numpy(one), expected) < 1e-5
    dy, dh, dc = above
    expected = lstm_gradients(given, steps, dy, dh, dc)
    results = LSTMResults(*(ops.convert_to_tensor(one) for one in (dh, dc, dy)))
    for name, one in zip(LEARNED, lstm_jax_loop.lstm_gradients(tensors(arguments), options, results), strict=True):
        assert difference(np.asarray(one), getattr(expected, name)) < 1e-5, name


@needs_kernel
@pytest.mark.parametrize("sequences", [True, False])
def test_a_shared_beginning_is_read_once_with_the_same_results_and_gradients(sequences):
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
    found, expected = (dict(zip(LEARNED, gradients(arguments, one, above), strict=True)) for one in (shared, alone))
    # What is the same in several rows has its gradients in one of them.
    assert difference(found["x"][padding].sum(0), expected["x"][padding].sum(0)) < 1e-5
    assert difference(found["x"][~padding], expected["x"][~padding]) < 1e-5
    assert (np.any(found["x"] != 0, axis=-1) & padding).any(axis=1).sum() == 1
    for name in ("h0", "c0"):
        assert difference(found[name].sum(0), expected[name].sum(0)) < 1e-5
    for name in ("kernel", "recurrent", "bias"):
        assert difference(found[name], expected[name]) < 1e-5


@needs_kernel
def test_gradients_of_gradients_are_refused_with_a_remedy():
    _, arguments, _ = drawn(0)
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
def test_arrays_that_do_not_lie_row_by_row_give_the_same_numbers():
    _, arguments, _ = drawn(0)
    turn = lambda array: ops.swapaxes(ops.convert_to_tensor(np.swapaxes(array, 0, -1).copy()), 0, -1)  # noqa: E731
    turned = LSTMArguments(*map(turn, arguments[:6]))
    plain, found = (lstm(given, LSTMOptions()).y for given in (tensors(arguments), turned))
    assert np.array_equal(ops.convert_to_numpy(plain), ops.convert_to_numpy(found))


@needs_kernel
@pytest.mark.parametrize("kind", ["bfloat16", "float16"])
def test_narrower_numbers_come_back_as_they_came(kind):
    given, arguments, _ = drawn(0)
    narrow = LSTMArguments(*(ops.cast(ops.convert_to_tensor(array), kind) for array in arguments[:6]))
    found = lstm(narrow, LSTMOptions())
    assert all(keras.backend.standardize_dtype(one.dtype) == kind for one in found)
    assert np.abs(ops.convert_to_numpy(ops.cast(found.y, "float32")) - twin(given).y).max() < 0.05


@pytest.mark.parametrize("name", LSTMArguments._fields[1:])
def test_a_shape_that_does_not_fit_is_named(name):
    _, arguments, _ = drawn(31)
    wrong = getattr(arguments, name)[..., :-1]
    with pytest.raises(InputError, match=rf"`lstm` needs `{name}` of shape \(.* got \("):
        lstm(tensors(arguments._replace(**{name: wrong})), LSTMOptions())


@pytest.mark.parametrize(
    ("activation", "recurrent", "dtype", "reason"),
    [
        ("relu", "sigmoid", "float32", "it has tanh and sigmoid, not relu and sigmoid"),
        ("tanh", "hard_sigmoid", "float32", "not tanh and hard_sigmoid"),
        ("tanh", "sigmoid", "float64", "in float32, not in float64"),
    ],
)
def test_what_the_kernel_cannot_do_goes_to_the_framework_with_the_reason(activation, recurrent, dtype, reason):
    choice = select.choose(activation, recurrent, dtype)
    assert choice.kernel == "framework"
    assert reason in choice.reason
    with pytest.raises(InputError, match=r"The native LSTM kernel cannot serve: .*Ask for kernel='auto'"):
        select.choose(activation, recurrent, dtype, wanted="native")


@pytest.fixture
def anew():
    """Forgets what was found out about this installation, before and after."""
    forgets = (select._proved.clear, native.library.cache_clear)
    for forget in forgets:
        forget()
    yield
    for forget in forgets:
        forget()


@pytest.mark.skipif(BACKEND == "tensorflow", reason="TensorFlow has no bridge to the kernel")
def test_without_the_library_the_framework_serves(monkeypatch, anew):
    monkeypatch.setattr(native, "_find", lambda: None)
    assert select.choose("tanh", "sigmoid", "float32") == (
        "framework",
        "it was not built, since no C++ compiler was found when Syntagma was installed",
    )


@needs_kernel
def test_a_handler_that_fails_at_its_first_call_is_not_taken(monkeypatch, anew):
    def refuse():
        raise RuntimeError("No FFI handler registered\nfor it")

    monkeypatch.setattr(select, "_first_number", refuse)
    kernel, reason = select.choose("tanh", "sigmoid", "float32")
    assert (kernel, reason) == ("framework", "its first call failed (No FFI handler registered)")


@pytest.mark.skipif(BACKEND != "tensorflow", reason="of TensorFlow")
def test_tensorflow_keeps_its_own_loop():
    assert select.choose("tanh", "sigmoid", "float32") == ("framework", "TensorFlow has no bridge to it")


@needs_kernel
def test_the_answer_names_the_instructions_and_is_logged_once(caplog):
    select._log.cache_clear()
    with caplog.at_level(logging.INFO, "syntagma"):
        choices = {select.choose("tanh", "sigmoid", "float32") for _ in range(3)}
    library = native.library()
    assert choices == {("native", f"{library.instructions}, {library.threads} threads")}
    assert [record.message for record in caplog.records if "LSTM" in record.message] == [
        f"LSTM: native ({library.instructions}, {library.threads} threads)"
    ]


def test_the_variable_forces_an_answer(monkeypatch):
    monkeypatch.setenv("SYNTAGMA_KERNEL", "framework")
    assert select.choose("tanh", "sigmoid", "float32", wanted="native") == ("framework", "asked for")
    monkeypatch.setenv("SYNTAGMA_KERNEL", "quick")
    with pytest.raises(
        InputError, match="SYNTAGMA_KERNEL must be one of auto, native, framework, or unset; got 'quick'"
    ):
        select.choose("tanh", "sigmoid", "float32")
