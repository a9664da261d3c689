"""Metadata of every result: machine, versions, commit, command."""

import json
import shlex
import subprocess
import sys
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from syntagma.runs.machine import machine, versions

RESULTS = Path(__file__).parent / "results"


def write(name: str, result: dict[str, Any]) -> None:
    """Print a result and store it in `results/NAME.json`."""
    record = {
        "command": shlex.join(["python", *map(_without_folders, sys.argv)]),
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": commit(),
        "machine": machine(),
        "versions": versions(),
        **result,
    }
    text = json.dumps(record, indent=2) + "\n"
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.json").write_text(text, encoding="utf-8")
    print(text)


def run_name(question: str, *parts: object) -> str:
    """Return a file name for a training of a benchmark, which differs if any of `parts` differs.

    It has a fixed length, because settings can be too long for a file name.
    """
    return f"{question}-{sha256(json.dumps([str(part) for part in parts]).encode()).hexdigest()[:16]}"


def _without_folders(argument: str) -> str:
    """Return an argument, with the name PYTHON instead of the path of an interpreter on this machine."""
    path = Path(argument)
    return "PYTHON" if path.is_absolute() and path.name.startswith("python") else argument


def commit() -> str:
    """Return the commit of the checkout, with the mark `-dirty` if files other than results differ from it."""
    root = RESULTS.parents[1]

    def git(*arguments: str) -> str:
        return subprocess.run(["git", *arguments], cwd=root, check=True, capture_output=True, text=True).stdout.strip()

    try:
        changed = git("status", "--porcelain", "--untracked-files=no", "--", ".", ":!benchmarks/results")
        return git("describe", "--always", "--abbrev=12") + ("-dirty" if changed else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
