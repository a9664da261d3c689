"""Measure the LSTM next to Keras' LSTM on three backends, PyTorch's LSTM and a matrix product.

    python benchmarks/lstm.py [CASE ...] [--rounds N]
    python benchmarks/lstm.py --table          # what is in results/lstm.json, as a table

The script needs an environment with all three backends (`make test-backends` creates one) and an idle machine. Each
peer is a separate process. Peers alternate, and a figure is the median of the rounds; short steps are repeated. A
training step computes the gradients of inputs and weights. The case `imdb` has four batches of 64 reviews with their
real lengths, cut at 500. Cases finished at a commit are not measured again.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from statistics import median
from typing import Any

import record

_RUNS = Path("runs/bench")
_KERAS = {"KERAS_BACKEND": "jax", "SYNTAGMA_KERNEL": "framework"}
# What is set around each peer's process. "ours" are the layer of Syntagma, "keras" the same with the loop of Keras.
PEERS: dict[str, dict[str, str]] = {
    "ours on JAX": {"KERAS_BACKEND": "jax"},
    "ours on JAX, AVX2": {"KERAS_BACKEND": "jax", "SYNTAGMA_ISA": "avx2"},
    "ours on JAX, one thread": {"KERAS_BACKEND": "jax", "SYNTAGMA_THREADS": "1"},
    "ours on PyTorch": {"KERAS_BACKEND": "torch"},
    "Keras on JAX": _KERAS,
    "Keras on JAX, buckets": {**_KERAS, "BENCH_BUCKETS": "1"},
    "Keras on TensorFlow": {"KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3"},
    "Keras on PyTorch": {"KERAS_BACKEND": "torch", "SYNTAGMA_KERNEL": "framework"},
    "torch.nn.LSTM": {"KERAS_BACKEND": "torch", "BENCH_TORCH": "padded"},
    "torch.nn.LSTM, packed": {"KERAS_BACKEND": "torch", "BENCH_TORCH": "packed"},
}
_MAIN = ["ours on JAX", "ours on JAX, AVX2", "ours on PyTorch", "Keras on JAX", "torch.nn.LSTM"]
_PAIR = ["ours on JAX", "Keras on JAX"]
_SIZES = [(64, 500, 32, 100), (32, 100, 64, 128), (32, 60, 200, 256), (64, 250, 300, 512), (1, 50, 64, 128)]


def cases() -> dict[str, dict[str, Any]]:
    """Return every case by name: its sizes, its kind and the peers to measure."""
    first = _SIZES[0]
    every = {"train": {"size": first, "peers": [*_MAIN, "Keras on TensorFlow", "ours on JAX, one thread"]}}
    every |= {f"train {size}": {"size": size, "peers": _MAIN} for size in _SIZES[1:]}
    every |= {f"predict {size}": {"size": size, "peers": _MAIN, "predict": True} for size in _SIZES}
    every["imdb"] = {
        "size": first,
        "lengths": True,
        "peers": [*_MAIN, "Keras on JAX, buckets", "torch.nn.LSTM, packed"],
    }
    every["imdb predict"] = {**every["imdb"], "predict": True}
    every["recurrent dropout"] = {"size": first, "recurrent_dropout": 0.2, "peers": _PAIR}
    every["bfloat16"] = {"size": first, "policy": "mixed_bfloat16", "peers": _PAIR}
    every["two directions"] = {"size": first, "bidirectional": True, "peers": _MAIN}
    every["Keras on PyTorch"] = {"size": first, "peers": ["ours on PyTorch", "Keras on PyTorch"]}
    for axis, name in enumerate("BTDH"):
        for factor in (0.25, 0.5, 2):
            size = tuple(int(value * (factor if place == axis else 1)) for place, value in enumerate(first))
            every[f"{name} = {size[axis]}"] = {"size": size, "peers": ["ours on JAX"]}
    return every


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--table", action="store_true")
    parser.add_argument("--peer", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.peer:
        serve()
        return
    if arguments.table:
        print(table(json.loads((record.RESULTS / "lstm.json").read_text(encoding="utf-8"))["cases"]))
        return
    every = cases()
    wanted = arguments.cases or list(every)
    results = {}
    for name in wanted:
        kept = _RUNS / f"lstm-{name}-{record.commit()}.json".replace(" ", "_")
        if not kept.is_file() or record.commit().endswith("dirty"):
            found = compare(every[name], arguments.rounds)
            kept.parent.mkdir(parents=True, exist_ok=True)
            kept.write_text(json.dumps(found), encoding="utf-8")
        results[name] = json.loads(kept.read_text(encoding="utf-8"))
        print(name, results[name], flush=True)
    record.write("lstm", {"rounds": arguments.rounds, "cases": results})


def compare(case: dict[str, Any], rounds: int) -> dict[str, Any]:
    """Compute the median seconds of each peer, ratios to the first peer, and the share of the matrix product's rate."""
    peers = {name: Peer(name, case) for name in case["peers"]}
    try:
        times: dict[str, list[float]] = {name: [] for name in peers}
        products = []
        for _ in range(rounds):
            for name, peer in peers.items():
                times[name].append(peer.ask("step"))
            products.append(next(iter(peers.values())).ask("product"))
        tokens = next(iter(peers.values())).ask("tokens")
    finally:
        for peer in peers.values():
            peer.close()
    seconds = {name: median(values) for name, values in times.items()}
    first = next(iter(seconds))
    *_, D, H = case["size"]
    operations = (2 if case.get("predict") else 6) * tokens * (D + H) * 4 * H * (2 if case.get("bidirectional") else 1)
    rate = 2 * 2048**3 / median(products)
    return {
        **case,
        "seconds": {name: round(value, 6) for name, value in seconds.items()},
        "ratio_to_ours": {name: round(value / seconds[first], 2) for name, value in seconds.items()},
        "share_of_matrix_product": round(operations / seconds[first] / rate, 3),
        "matrix_product_gflops": round(rate / 1e9, 1),
    }


def table(results: dict[str, Any]) -> str:
    """Format milliseconds of the first peer and ratios of the others; cases without others come last."""
    compared = {name: case for name, case in results.items() if len(case["seconds"]) > 1}
    first, *others = dict.fromkeys(peer for case in compared.values() for peer in case["seconds"])
    lines = [["case", f"{first}, ms", "share of the matrix product", *others]]
    for name, case in compared.items():
        ratios = case["ratio_to_ours"]
        own = next(iter(ratios))
        share = f"{case['share_of_matrix_product']:.2f}"
        shown = [f"{ratios[peer]:.2f}" if peer in ratios and peer != own else "" for peer in others]
        lines.append([name, f"{1000 * case['seconds'][own]:.1f}", share, *shown])
    lines.insert(1, ["---"] * len(lines[0]))
    alone = [
        f"{name}: {1000 * next(iter(case['seconds'].values())):.1f} ms"
        for name, case in results.items()
        if len(case["seconds"]) == 1
    ]
    return "\n".join([*(f"| {' | '.join(line)} |" for line in lines), "", *alone])


class Peer:
    """A process that has compiled a case and runs a step on request."""

    def __init__(self, name: str, case: dict[str, Any]):
        command = [sys.executable, __file__, "--peer", name]
        self._process = subprocess.Popen(
            command, env={**os.environ, **PEERS[name]}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._say(json.dumps(case))
        self._answer()

    def ask(self, what: str) -> float:
        """Request "step" or "product" (seconds) or "tokens", and return the answer."""
        self._say(what)
        return float(self._answer())

    def close(self) -> None:
        """End the process."""
        self._process.stdin.close()
        self._process.wait()

    def _say(self, line: str) -> None:
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def _answer(self) -> str:
        for line in self._process.stdout:
            if line.startswith("> "):
                return line[2:]
        raise RuntimeError("a peer has ended")


def serve() -> None:
    """Run the peer's process: read a case, then answer requests."""
    import lstm_peers

    case = json.loads(sys.stdin.readline())
    ask = lstm_peers.prepare(case)
    ask["product"]()
    print("> ready", flush=True)
    for line in sys.stdin:
        print(">", ask[line.strip()](), flush=True)


if __name__ == "__main__":
    main()
