"""Measure how long a CRF takes to train and to decode, next to pytorch-crf, with 5 to 150 tags.

    python benchmarks/crf.py [--rounds 7] [--backends jax torch]     # needs pytorch-crf and the backends
    python benchmarks/crf.py --table                                 # the last result, in Markdown

Each round of each backend is a separate process, in which calls of both libraries alternate on one thread. The time is
processor time, which other work on the machine disturbs little. A figure is the median of the rounds' medians.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import record

# B, T, K.
SIZES = ((32, 40, 5), (32, 40, 9), (32, 40, 17), (32, 40, 50), (16, 60, 150))
_BACKENDS = ("jax", "torch", "tensorflow")
_SECONDS = 0.5
_ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
}

Calls = dict[str, Callable[[], Any]]


def jax_calls(crf: Any, emissions: np.ndarray, tags: np.ndarray) -> Calls:
    import jax

    from syntagma import layers

    loss, decoder = layers.CRFLoss(), layers.ViterbiDecoder()
    weights = [variable.value for variable in crf.trainable_variables]
    step = jax.jit(jax.value_and_grad(lambda given, x: loss(tags, crf.stateless_call(given, [], x)[0]), argnums=(0, 1)))
    decode = jax.jit(lambda given, x: decoder(crf.stateless_call(given, [], x)[0]))
    return {
        "step": lambda: jax.block_until_ready(step(weights, emissions)),
        "decode": lambda: jax.block_until_ready(decode(weights, emissions)),
    }


def torch_calls(crf: Any, emissions: np.ndarray, tags: np.ndarray) -> Calls:
    import torch

    from syntagma import layers

    loss, decoder = layers.CRFLoss(), layers.ViterbiDecoder()

    def decode() -> Any:
        with torch.no_grad():
            return decoder(crf(torch.tensor(emissions)))

    return {"step": lambda: loss(tags, crf(torch.tensor(emissions, requires_grad=True))).backward(), "decode": decode}


def tensorflow_calls(crf: Any, emissions: np.ndarray, tags: np.ndarray) -> Calls:
    import tensorflow as tf

    from syntagma import layers

    loss, decoder = layers.CRFLoss(), layers.ViterbiDecoder()

    @tf.function
    def step(x: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(x)
            found = loss(tags, crf(x))
        return tape.gradient(found, [x, *(variable.value for variable in crf.trainable_variables)])

    decode = tf.function(lambda x: decoder(crf(x)))
    return {"step": lambda: step(tf.constant(emissions)), "decode": lambda: decode(tf.constant(emissions)).numpy()}


def pytorch_crf_calls(emissions: np.ndarray, tags: np.ndarray) -> Calls:
    import torch
    import torchcrf

    crf = torchcrf.CRF(emissions.shape[-1], batch_first=True)

    def decode() -> Any:
        with torch.no_grad():
            return crf.decode(torch.tensor(emissions))

    return {
        "step": lambda: (-crf(torch.tensor(emissions, requires_grad=True), torch.tensor(tags))).backward(),
        "decode": decode,
    }


def measure() -> dict[str, dict[str, float]]:
    """Return the median seconds of each call of both sides, by size, on the backend of this process."""
    import keras

    from syntagma import layers

    calls = {"jax": jax_calls, "torch": torch_calls, "tensorflow": tensorflow_calls}[keras.backend.backend()]
    draw, found = np.random.default_rng(0), {}
    for size in SIZES:
        emissions, tags = draw.normal(size=size).astype(np.float32), draw.integers(0, size[-1], size[:2])
        crf = layers.CRF(size[-1])
        crf.build(size)
        ours, theirs = calls(crf, emissions, tags), pytorch_crf_calls(emissions, tags)
        for name in ours:
            found[f"{name} {size[-1]}"] = in_turns({"ours": ours[name], "pytorch-crf": theirs[name]})
    return found


def in_turns(sides: Calls) -> dict[str, float]:
    seconds: dict[str, list[float]] = {side: [] for side in sides}
    for call in sides.values():
        call(), call()
    end = time.process_time() + _SECONDS
    while time.process_time() < end or len(seconds["ours"]) < 5:
        for side, call in sides.items():
            began = time.process_time()
            call()
            seconds[side].append(time.process_time() - began)
    return {side: statistics.median(some) for side, some in seconds.items()}


def run(backends: list[str], rounds: int) -> dict[str, dict[str, dict[str, float]]]:
    """Return the median over the rounds, by backend and call."""
    found: dict[str, list[dict[str, dict[str, float]]]] = {backend: [] for backend in backends}
    for number in range(rounds):
        for backend in backends:
            command = [sys.executable, "-W", "ignore", __file__, "--measure"]
            environment = {**os.environ, "KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "3", **_ONE_THREAD}
            done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
            found[backend].append(json.loads(done.stdout.splitlines()[-1]))
            print(f"round {number + 1}: {backend}", found[backend][-1], flush=True)
    return {
        backend: {
            call: {side: statistics.median(one[call][side] for one in all_rounds) for side in all_rounds[0][call]}
            for call in all_rounds[0]
        }
        for backend, all_rounds in found.items()
    }


def table(result: dict[str, Any]) -> str:
    """Format the milliseconds of both libraries as a Markdown table."""
    lines = ["| backend | call | K | ms | pytorch-crf, ms | ours / pytorch-crf |", "|---|---|---|---|---|---|"]
    for backend, calls in result["backends"].items():
        for call, sides in sorted(calls.items(), key=lambda item: -len(item[0].split()[0])):
            ours, theirs = 1000 * sides["ours"], 1000 * sides["pytorch-crf"]
            name, tags = call.split()
            lines.append(f"| {backend} | {name} | {tags} | {ours:.1f} | {theirs:.1f} | {ours / theirs:.2f} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--backends", nargs="+", default=list(_BACKENDS), choices=_BACKENDS)
    parser.add_argument("--measure", action="store_true")
    parser.add_argument("--table", action="store_true")
    arguments = parser.parse_args()
    if arguments.measure:
        print(json.dumps(measure()))
        return
    path = Path(__file__).parent / "results" / "crf.json"
    if arguments.table:
        print(table(json.loads(path.read_text(encoding="utf-8"))))
        return
    found = run(arguments.backends, arguments.rounds)
    record.write("crf", {"sizes": SIZES, "rounds": arguments.rounds, "backends": found})


if __name__ == "__main__":
    main()
