"""The C++ kernel (`native/`), called as a C library and compared with the NumPy reference."""

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from syntagma.kernels import native as bindings
from syntagma.kernels.lstm_numpy import LSTMInputs, lstm, lstm_gradients

NATIVE = Path(__file__).parents[2] / "native"
CASES = 40


def address(array):
    return None if array is None else array.ctypes.data


def floats(*shape):
    """Return an array of NaN, which reveals values that are not written."""
    return np.full(shape, np.nan, np.float32)


class Native:
    """Wrapper of the library of `native/`."""

    def __init__(self, path):
        self._library = bindings.Library(path)

    @property
    def instructions(self):
        return self._library.instructions

    def run(self, arguments, dy, dh, dc, lengths=None, **sizes):
        """Return outputs and gradients by name; values that are not written stay NaN."""
        return self.backward(self.forward(arguments, lengths, **sizes), dy, dh, dc)

    def forward(self, arguments, lengths=None, **sizes):
        """Return the outputs by name, the key of the stored residuals, and the other arguments of `backward`."""
        (rows, time, size), units = arguments.x.shape, arguments.h0.shape[1]
        narrow = {
            name: None if value is None else np.ascontiguousarray(value, np.float32)
            for name, value in vars(arguments).items()
            if name in (*bindings.ARRAYS, *bindings.DROPOUT)
        }
        mask = (
            None
            if lengths is not None and sizes.get("both") is None
            else np.ascontiguousarray(arguments.mask, np.uint8)
        )
        inputs = bindings.Inputs(
            batch=sizes.get("B", rows),
            time=sizes.get("T", time),
            inputs=size,
            units=sizes.get("H", units),
            lengths=address(lengths),
            mask=address(mask),
            x_masks=sizes.get("x_masks", 1 if arguments.x_dropout is None or arguments.x_dropout.ndim == 2 else 4),
            backwards=arguments.backwards,
            zero_output=arguments.zero_output,
            **{name: address(array) for name, array in narrow.items()},
        )
        kept = np.zeros((rows, 2), np.int32)
        y, h, c = floats(rows, time, units), floats(rows, units), floats(rows, units)
        outputs = bindings.Outputs(y=address(y), h=address(h), c=address(c), kept=address(kept))
        self._library.forward(inputs, outputs)
        return {"y": y, "h": h, "c": c}, kept, (inputs, arguments, narrow, mask, lengths)

    def backward(self, forward, dy, dh, dc):
        """Return the results of `run`."""
        results, kept, (inputs, arguments, *_) = forward
        (rows, time, size), units = arguments.x.shape, arguments.h0.shape[1]
        result = {
            "x": floats(rows, time, size),
            "kernel": floats(size, 4 * units),
            "recurrent": floats(units, 4 * units),
            "bias": floats(4 * units),
            "h0": floats(rows, units),
            "c0": floats(rows, units),
        }
        from_above = [np.ascontiguousarray(one, np.float32) for one in (dy, dh, dc)]
        gradients = bindings.Gradients(address(kept), *map(address, from_above), None, *map(address, result.values()))
        self._library.backward(inputs, gradients)
        return {**results, **{f"d{name}": value for name, value in result.items()}}


@pytest.fixture(scope="module")
def library():
    """Path of the installed library."""
    installed = bindings.library()
    if installed is None:
        pytest.skip("installed without a compiler")
    return installed.path


@pytest.mark.long
def test_it_builds_without_warnings_or_framework_headers(tmp_path):
    if shutil.which("cmake") is None or shutil.which("c++") is None:
        pytest.skip("needs cmake and a C++ compiler")
    folder = tmp_path / "native"
    configure = ["cmake", "-S", str(NATIVE), "-B", str(folder), "-DSYNTAGMA_XLA_HEADERS="]
    for command in (configure, ["cmake", "--build", str(folder), "-j2"]):
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "warning" not in done.stderr.lower(), done.stderr
    built = Native(next(folder.glob("libsyntagma_lstm.*")))
    assert worst(built, range(CASES)) < 1e-5


@pytest.fixture(scope="module")
def native(library):
    return Native(library)


def random_case(seed):
    """Return random inputs of any size, with and without lengths, masked steps, initial states and dropout."""
    random = np.random.default_rng(seed)
    rows, time, size, units = (int(random.integers(1, most)) for most in (15, 14, 40, 70))
    normal = lambda *shape: random.normal(0, 0.7, shape).astype(np.float32).astype(np.float64)  # noqa: E731
    factors = lambda *shape: (random.random(shape) < 0.7) / np.float64(np.float32(0.7))  # noqa: E731
    kind, lengths, mask = seed % 3, None, np.ones((rows, time), bool)
    if kind == 1:
        lengths = random.integers(0, time + 1, rows).astype(np.int32)
        mask = np.arange(time) < lengths[:, None]
    elif kind == 2:
        mask = random.random((rows, time)) < random.random()
    zeros = np.zeros((rows, units))
    states = (normal(rows, units), normal(rows, units)) if random.random() < 0.6 else (zeros, zeros)
    arguments = LSTMInputs(
        normal(rows, time, size),
        normal(size, 4 * units) / 2,
        normal(units, 4 * units) / 2,
        normal(4 * units),
        *states,
        mask,
        x_dropout=[None, factors(rows, size), factors(4, rows, size)][int(random.integers(0, 3))],
        h_dropout=factors(4, rows, units) if random.random() < 0.4 else None,
        y_dropout=factors(rows, units) if random.random() < 0.3 else None,
        backwards=bool(random.random() < 0.4),
        zero_output=bool(random.random() < 0.4),
    )
    return arguments, lengths, (normal(rows, time, units), normal(rows, units), normal(rows, units))


def worst(native, seeds):
    """Return the largest difference of any output or gradient, relative to the array's largest value.

    All read first, then all gradients are taken.
    """
    largest = 0.0
    cases = [random_case(seed) for seed in seeds]
    forwards = [native.forward(arguments, lengths) for arguments, lengths, _ in cases]
    for seed, (arguments, _, above), forward in zip(seeds, cases, forwards, strict=True):
        result = native.backward(forward, *above)
        y, h, c, steps = lstm(arguments)
        gradients = lstm_gradients(arguments, steps, *above)._asdict()
        expected = {"y": y, "h": h, "c": c, **{f"d{name}": value for name, value in gradients.items()}}
        for name, value in expected.items():
            unit = max(float(np.abs(value).max(initial=0)), 1e-30)
            difference = float(np.abs(result[name] - value).max(initial=0)) / unit
            assert not np.isnan(difference), (seed, name)
            largest = max(largest, difference)
    return largest


def test_values_and_gradients_equal_the_numpy_reference(native):
    assert worst(native, range(CASES)) < 1e-5


@pytest.mark.parametrize("instructions", ["avx2", "portable"])
def test_values_and_gradients_are_the_same_for_all_instruction_sets_and_one_thread(library, instructions):
    code = f"""
import sys
sys.path[:0] = [{str(Path(__file__).parent)!r}]
from test_native_lstm import Native, worst
native = Native({str(library)!r})
print(native.instructions, worst(native, range({CASES})))
"""
    environment = {**os.environ, "SYNTAGMA_ISA": instructions, "SYNTAGMA_THREADS": "1"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    used, difference = done.stdout.split()
    assert used in (instructions, "portable")
    assert float(difference) < 1e-5


def test_equal_inputs_give_bitwise_equal_outputs(native):
    arguments, lengths, above = random_case(4)
    first, again = (native.run(arguments, *above, lengths=lengths) for _ in range(2))
    assert all((first[name] == again[name]).all() for name in first)


@pytest.mark.parametrize("megabytes", ["0", "1"])
def test_released_residuals_are_recomputed(library, megabytes):
    code = f"""
import sys
sys.path[:0] = [{str(Path(__file__).parent)!r}]
from test_native_lstm import Native, worst
print(worst(Native({str(library)!r}), range({CASES})))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env={**os.environ, "SYNTAGMA_KEEP_MB": megabytes}
    )
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) < 1e-5


def test_gradients_can_be_computed_twice_and_in_any_order(native):
    cases = [random_case(seed) for seed in (4, 7, 8)]
    alone = [native.run(arguments, *above, lengths=lengths) for arguments, lengths, above in cases]
    forwards = [native.forward(arguments, lengths) for arguments, lengths, _ in cases]
    for which in (2, 0, 1, 1, 0, 2):
        result = native.backward(forwards[which], *cases[which][2])
        assert all((result[name] == alone[which][name]).all() for name in result)


def test_residuals_with_an_unknown_key_are_recomputed(native):
    arguments, lengths, above = random_case(4)
    expected = native.run(arguments, *above, lengths=lengths)
    results, kept, others = native.forward(arguments, lengths)
    kept[1:] += 1  # as if the rows were from two calls
    result = native.backward((results, kept, others), *above)
    assert all((result[name] == expected[name]).all() for name in result)


def test_a_nan_stays_in_its_row(native):
    arguments, _, above = random_case(3)
    x = arguments.x.copy()
    x[0] = np.nan
    spoilt = native.run(replace(arguments, x=x), *above)
    whole = native.run(arguments, *above)
    assert np.isnan(spoilt["h"][0]).all()
    assert (spoilt["h"][1:] == whole["h"][1:]).all()


def test_infinite_inputs_saturate(native):
    arguments, _, above = random_case(3)
    result = native.run(replace(arguments, x=np.full_like(arguments.x, 1e30)), *above)
    assert np.isfinite(result["y"]).all()


@pytest.mark.parametrize(
    ("sizes", "lengths", "rule"),
    [
        ({"H": 0}, None, "units must be at least 1"),
        ({"B": -1}, None, "must not be negative"),
        ({"T": 1 << 40}, None, r"below 2\^31"),
        ({}, -1, r"lengths must lie in \[0, time\]"),
        ({}, 99, r"lengths must lie in \[0, time\]"),
        ({"both": True}, 1, "lengths or a mask, not both"),
        ({"x_masks": 3}, None, "x_masks must be 1 or 4"),
    ],
)
def test_invalid_sizes_and_lengths_raise_an_error(native, sizes, lengths, rule):
    arguments, _, above = random_case(0)
    arguments = replace(arguments, x_dropout=np.ones_like(arguments.x[:, 0]))
    given_lengths = None if lengths is None else np.full(len(arguments.x), lengths, np.int32)
    with pytest.raises(ValueError, match=f"invalid inputs: .*{rule}"):
        native.run(arguments, *above, lengths=given_lengths, **sizes)


@pytest.mark.parametrize("shape", [(0, 3), (3, 0)])
def test_empty_batches_and_sequences_are_supported(native, shape):
    rows, time = shape
    random = np.random.default_rng(0)
    arguments = LSTMInputs(
        np.zeros((rows, time, 2)),
        random.normal(size=(2, 12)),
        random.normal(size=(3, 12)),
        np.zeros(12),
        np.ones((rows, 3)),
        np.ones((rows, 3)),
        np.ones((rows, time), bool),
    )
    result = native.run(arguments, np.zeros((rows, time, 3)), np.ones((rows, 3)), np.ones((rows, 3)))
    assert (result["h"] == 1).all()
    assert (result["dh0"] == 1).all()
    assert not result["dkernel"].any()
