"""Measure how the time and memory of beam search grow with beams, length of outputs and size of the vocabulary.

    python benchmarks/generation_growth.py [--rounds N]
    python benchmarks/generation_growth.py --table  # the last result, in Markdown

Networks of the recipe `translate` with random weights search 64 sentences in one batch. All outputs have the same
length, which the search is told. Each case runs in a separate process. The time is the median of several searches after
compilation, and the memory is the maximum of the process. Lengths include the end.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from statistics import median
from typing import Any

import numpy as np

import record

_ROWS, _SOURCE = 64, 16
_USUAL = {"beams": 5, "length": 16, "vocabulary": 5000}
_VALUES = {
    "beams": (1, 2, 5, 10, 20, 50),
    "length": (8, 16, 32, 64),
    "vocabulary": (1000, 5000, 20_000),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--table", action="store_true")
    parser.add_argument("--case", type=json.loads, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.case is not None:
        print(json.dumps(measure(arguments.case, arguments.rounds)))
        return
    if not arguments.table:
        cases = [_USUAL | {name: value} for name, values in _VALUES.items() for value in values]
        different = [json.loads(one) for one in dict.fromkeys(map(json.dumps, cases))]
        record.write(
            "generation_growth", {"rows": _ROWS, "results": [run(case, arguments.rounds) for case in different]}
        )
    print(table_of(json.loads((record.RESULTS / "generation_growth.json").read_text(encoding="utf-8"))))


def run(case: dict[str, int], rounds: int) -> dict[str, Any]:
    """Measure a case in a separate process."""
    command = [sys.executable, __file__, "--case", json.dumps(case), "--rounds", str(rounds)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=os.environ)
    found: dict[str, Any] = case | json.loads(done.stdout.splitlines()[-1])
    print(json.dumps(found), flush=True)
    return found


def measure(case: dict[str, int], rounds: int) -> dict[str, float]:
    from syntagma.backend import seeded
    from syntagma.decoding.config import BeamConfig
    from syntagma.tasks.generation import network
    from syntagma.tasks.generation.searching import Searcher
    from syntagma.tasks.registry import find_recipe

    recipe: Any = find_recipe("translate")
    size = case["vocabulary"]
    with seeded(0):
        model = network.build_generator(recipe.model, network.Sizes(size, size, True), "generation")
    tokens = np.random.default_rng(0).integers(4, size, (_ROWS, _SOURCE)).astype(np.int32)
    arrays = {"tokens": tokens, "lengths": np.full(_ROWS, _SOURCE, np.int32)}
    searcher, lengths = Searcher(model), np.full(_ROWS, case["length"], np.int32)
    config = BeamConfig(beams=case["beams"])
    seconds = []
    for _ in range(rounds + 1):
        started = time.perf_counter()
        found = searcher.search(arrays, config, 1, min_length=lengths, max_length=lengths)
        seconds.append(time.perf_counter() - started)
        # The end counts in the length, but is not among the tokens.
        assert {len(one.hypotheses[0].tokens) for one in found} == {case["length"] - 1}
    return {
        "milliseconds_per_sentence": 1000 * median(seconds[1:]) / _ROWS,
        "compilation_seconds": seconds[0] - median(seconds[1:]),
        "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def table_of(result: dict[str, Any]) -> str:
    lines = ["| what grows | value | milliseconds per sentence | memory in MB |", "| --- | --- | --- | --- |"]
    for name, values in _VALUES.items():
        for value in values:
            case = _USUAL | {name: value}
            one = next(one for one in result["results"] if case.items() <= one.items())
            lines.append(f"| {name} | {value:,} | {one['milliseconds_per_sentence']:.1f} | {one['megabytes']:.0f} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
