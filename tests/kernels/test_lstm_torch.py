"""The kernel as a PyTorch operator."""

from pathlib import Path

import keras
import numpy as np
import pytest

from syntagma.kernels import native
from syntagma.kernels.arguments import LSTMArguments, LSTMOptions

if keras.backend.backend() != "torch" or native.library() is None:
    pytest.skip("needs PyTorch and the kernel", allow_module_level=True)

import torch

from syntagma.kernels import lstm_torch

pytestmark = pytest.mark.backend


def arrays(rows=4, time=6, size=3, units=5):
    random = np.random.default_rng(0)
    shapes = [(rows, time, size), (size, 4 * units), (units, 4 * units), (4 * units,), (rows, units), (rows, units)]
    return [torch.tensor(random.normal(0, 0.7, shape).astype(np.float32)) for shape in shapes]


def outputs(*given):
    return lstm_torch.lstm(LSTMArguments(*given), LSTMOptions()).y


def test_results_equal_those_of_torch():
    given = arrays()
    theirs = torch.nn.LSTM(3, 5, batch_first=True)
    # PyTorch has weights (4 H, N), two biases, and the same order of gates.
    with torch.no_grad():
        for place, weights in zip(theirs.parameters(), [*(one.T for one in given[1:3]), given[3]], strict=False):
            place.copy_(weights)
        theirs.bias_hh_l0.zero_()
    x = given[0].requires_grad_()
    expected, (h, c) = theirs(x, (given[4][None], given[5][None]))
    result = lstm_torch.lstm(LSTMArguments(*given), LSTMOptions())
    for one, other in ((result.y, expected), (result.h, h[0]), (result.c, c[0])):
        assert torch.allclose(one, other, atol=1e-5)
    ours, other = (torch.autograd.grad((y**2).sum(), x)[0] for y in (result.y, expected))
    assert torch.allclose(ours, other, atol=1e-5)


def test_the_operators_pass_opcheck():
    given = [one.requires_grad_() for one in arrays()]
    mask = torch.arange(6) < torch.tensor([6, 2, 0, 3])[:, None]
    arguments = (*given, mask, None, None, None, *LSTMOptions(), True)
    # The fourth check compares all outputs, but each call stores its residuals under another key.
    kept_rules = ("test_schema", "test_faketensor", "test_autograd_registration")
    torch.library.opcheck(lstm_torch._forward, arguments, test_utils=kept_rules)


def test_a_compiled_model_has_no_graph_breaks():
    given = [one.requires_grad_() for one in arrays()]
    compiled = torch.compile(outputs, fullgraph=True, backend="aot_eager")
    plain, result = outputs(*given), compiled(*given)
    assert torch.equal(plain, result)
    for one, other in zip(
        torch.autograd.grad((plain**2).sum(), given), torch.autograd.grad((result**2).sum(), given), strict=True
    ):
        assert torch.allclose(one, other, atol=1e-6)


def test_without_gradients_no_residuals_are_stored():
    given = [one.requires_grad_() for one in arrays()]
    with torch.no_grad():
        assert torch.equal(outputs(*given), outputs(*given).detach())
    assert not lstm_torch._forward(*given, *(None,) * 4, *LSTMOptions(), False)[3].numel()


def resident_megabytes():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 2**20


@pytest.mark.skipif(not Path("/proc/self/statm").is_file(), reason="needs Linux to count memory")
@pytest.mark.parametrize("compiled", [False, True])
def test_calls_without_a_backward_pass_leak_no_memory(compiled):
    given = [one.requires_grad_() for one in arrays(rows=16, time=100, size=8, units=128)]
    read = torch.compile(outputs, fullgraph=True, backend="aot_eager") if compiled else outputs
    for _ in range(3):
        read(*given)
    before = resident_megabytes()
    for _ in range(40):
        read(*given)
    assert resident_megabytes() - before < 40  # each call would leak 4 MB


def test_residuals_are_released_with_their_graphs():
    expected = torch.autograd.grad(outputs(*(given := [one.requires_grad_() for one in arrays()])).sum(), given)
    others = [outputs(*(3 * one for one in given)) for _ in range(4)]
    y = outputs(*given)
    del others[1:3]
    again = outputs(*(2 * one for one in given))  # reuses the memory of a released one
    for one, other in zip(torch.autograd.grad(y.sum(), given), expected, strict=True):
        assert torch.equal(one, other)
    assert torch.autograd.grad(again.sum(), given)[0].abs().max() > 0


def test_a_retained_graph_can_be_differentiated_again():
    given = [one.requires_grad_() for one in arrays()]
    score = outputs(*given).sum()
    first = torch.autograd.grad(score, given, retain_graph=True)
    outputs(*(2 * one for one in given)).sum().backward()  # may reuse the memory of the first
    for one, other in zip(torch.autograd.grad(score, given), first, strict=True):
        assert torch.equal(one, other)
