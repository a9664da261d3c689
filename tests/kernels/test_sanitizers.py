"""The C++ tests of the native library, with and without sanitizers."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

NATIVE = Path(__file__).parents[2] / "native"

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(shutil.which("cmake") is None or shutil.which("c++") is None, reason="needs cmake and C++"),
]


@pytest.mark.parametrize("sanitizers", ["", "address,undefined", "thread"])
def test_random_cases_are_correct_under_sanitizers(sanitizers, tmp_path):
    options = ["-DSYNTAGMA_TESTS=ON", "-DSYNTAGMA_XLA_HEADERS=", f"-DSYNTAGMA_SANITIZE={sanitizers}"]
    for command in (
        ["cmake", "-S", str(NATIVE), "-B", str(tmp_path), *options],
        ["cmake", "--build", str(tmp_path), "-j2"],
    ):
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
    for instructions in ("avx512", "avx2", "portable"):
        environment = {**os.environ, "SYNTAGMA_ISA": instructions, "TSAN_OPTIONS": "halt_on_error=1"}
        for program in ("test_lstm", "test_dtw"):
            done = subprocess.run(
                [str(tmp_path / program), "300"], capture_output=True, text=True, env=environment, timeout=900
            )
            assert done.returncode == 0, done.stdout + done.stderr
            assert done.stdout.startswith("300 cases on ")
            assert not done.stderr
