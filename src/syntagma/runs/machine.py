"""Description of the software and hardware in use, for run folders and speed measurements."""

import os
import platform
from pathlib import Path
from typing import Any

from syntagma import backend
from syntagma.kernels import select


def versions() -> dict[str, str]:
    """Return a dictionary with the versions of Python, Keras and the backend in use, keyed by name."""
    return {"python": platform.python_version(), **backend.versions()}


def machine() -> dict[str, Any]:
    """Describe the machine and its configuration.

    Returns:
        A mapping with the keys `system`, `processor`, `cores` (number of usable CPU cores), `backend` and `lstm` (the
        kernel of LSTM layers, and the reason why it is used).
    """
    lstm = select.choose("tanh", "sigmoid", "float32")
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "backend": backend.name(),
        "lstm": f"{lstm.kernel} ({lstm.reason})",
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    flags = next((line for line in lines if line.startswith("flags")), "")
    instructions = "AVX-512" if "avx512f" in flags else "AVX2" if "avx2" in flags else "no AVX2"
    return f"{names[0] if names else platform.processor()} ({instructions})"
