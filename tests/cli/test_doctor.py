"""`syntagma doctor`."""

import re

import pytest

from syntagma.kernels import select
from syntagma.layers import LSTM
from syntagma.runs import doctor

pytestmark = pytest.mark.backend


def test_it_shows_versions_machine_kernel_and_a_measurement(command):
    done = command("doctor", "--seconds", "0")
    assert (done.code, done.error) == (0, "")
    choice = LSTM(4).choice
    assert re.search(r"syntagma \S+: python 3\.\S+, keras 3\.", done.out)
    assert f"LSTM: {choice.kernel} ({choice.reason})" in done.out
    ours = r"at \(B, T, D, H\) = \(32, 100, 32, 100\), median of 1: [\d.]+ ms"
    beside = r"; with Keras' own loop [\d.]+ ms, [\d.]+ times as long\." if choice.kernel == "native" else r"\."
    assert re.search(ours + beside, done.out)


def test_without_the_kernel_only_one_loop_is_measured(command, monkeypatch):
    monkeypatch.setenv("SYNTAGMA_KERNEL", "framework")
    done = command("doctor", "--seconds", "0")
    assert "LSTM: framework (requested)" in done.out
    assert "Keras' own loop" not in done.out


@pytest.mark.skipif(LSTM(4).choice.kernel == "framework", reason="of the kernel")
def test_a_forced_kernel_is_not_shown_as_the_loop_of_keras(monkeypatch):
    monkeypatch.setenv("SYNTAGMA_KERNEL", "native")
    assert doctor.examine(0).keras_seconds is None


@pytest.mark.skipif(LSTM(4).choice.kernel == "framework", reason="of the kernel")
def test_the_two_loops_take_turns():
    found = doctor.examine(0.05)
    assert found.machine["lstm"] == "native (" + select.choose("tanh", "sigmoid", "float32").reason + ")"
    assert found.rounds >= 1
    assert found.keras_seconds is not None
    assert min(found.step_seconds, found.keras_seconds) > 0
