"""Measure the accuracy and training time of each recipe on its corpus.

    python benchmarks/recipes.py [RECIPE[:CORPUS] ...] [--seed N]

Each run is the command `syntagma train RECIPE --data CORPUS --out runs/bench/...`. Finished runs are not repeated.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import record

_RUNS = Path("runs/bench")
_ALL = [
    "imdb-lstm:imdb",
    "imdb-lstm-dropout:imdb",
    "imdb-lstm-gate-dropout:imdb",
    "imdb-cnn-lstm:imdb",
    "imdb-bilstm:imdb",
    "classify:imdb",
    "classify-cnn:imdb",
    "classify-bilstm:imdb",
    "classify-bow:imdb",
    "classify:rotten-tomatoes",
]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pairs", nargs="*", metavar="RECIPE:CORPUS")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    rows = [run(*pair.split(":"), seed=arguments.seed) for pair in arguments.pairs or _ALL]
    record.write("recipes", {"runs": rows})


def run(recipe: str, corpus: str, seed: int) -> dict[str, Any]:
    """Train the recipe unless that is done, and return the figures."""
    folder = _RUNS / f"{recipe}-{corpus}-{seed}"
    kept = folder / "commit.txt"
    if not kept.is_file():
        command = ["train", recipe, "--data", corpus, "--seed", str(seed), "--out", str(folder), "--overwrite"]
        commit = record.commit()
        subprocess.run([sys.executable, "-m", "syntagma", *command], check=True, stdout=subprocess.DEVNULL)
        kept.write_text(commit, encoding="utf-8")
    metrics = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
    return {
        "recipe": recipe,
        "corpus": corpus,
        "seed": seed,
        "commit": kept.read_text(encoding="utf-8"),
        "command": json.loads((folder / "run.json").read_text(encoding="utf-8"))["command"],
        "test_accuracy": metrics["test"]["accuracy"],
        "test_macro_f1": metrics["test"]["macro_f1"],
        "dev_accuracy": metrics.get("dev", {}).get("accuracy"),
        "minutes": round(metrics["seconds"]["train"] / 60, 2),
        "seconds": metrics["seconds"],
    }


if __name__ == "__main__":
    main()
