"""Score a recipe on every corpus with three seeds, next to the two linear baselines.

    python benchmarks/corpora.py [CORPUS ...] [--recipe NAME] [--seeds N]

For each corpus the script runs `syntagma train RECIPE --data CORPUS --seeds N --ensemble`. Finished runs are not
repeated, and interrupted ones are resumed. The baselines are trained on the same rows as the networks, without the dev
split.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import record

_RUNS = Path("runs/bench")
_ALL = ["rotten-tomatoes", "bbc-news", "reuters-r8", "reuters-r52", "20newsgroups", "imdb"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpora", nargs="*", default=_ALL)
    parser.add_argument("--recipe", default="classify")
    parser.add_argument("--seeds", type=int, default=3)
    arguments = parser.parse_args()
    rows = [run(name, arguments.recipe, arguments.seeds) for name in arguments.corpora]
    record.write(f"corpora-{arguments.recipe}", {"runs": rows})


def run(corpus: str, recipe: str, seeds: int) -> dict[str, Any]:
    """Train the recipe unless the run is complete, and return its figures."""
    folder = _RUNS / f"corpora-{recipe}-{corpus}"
    command = ["train", recipe, "--data", corpus, "--seeds", str(seeds), "--ensemble", "--out", str(folder)]
    if not (folder / "run.json").is_file():
        syntagma(*command)
    elif json.loads((folder / "run.json").read_text(encoding="utf-8"))["status"] != "complete":
        syntagma("train", "--resume", str(folder))
    metrics = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
    return {
        "corpus": corpus,
        "command": f"syntagma {' '.join(command)}",
        "dev_accuracy": metrics["dev"]["accuracy"],
        "test_accuracy": metrics["test"]["accuracy"],
        "test_macro_f1": metrics["test"]["macro_f1"],
        "ensemble_test_accuracy": metrics["ensemble"]["test"]["accuracy"],
        "baselines": {name: scores["test"]["accuracy"]["mean"] for name, scores in metrics["baselines"].items()},
        "train_seconds_a_seed": round(metrics["seconds"]["train"] / seeds, 1),
        "baseline_seconds": metrics["seconds"]["baselines"],
    }


def syntagma(*command: str) -> None:
    subprocess.run([sys.executable, "-m", "syntagma", *command], check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    main()
