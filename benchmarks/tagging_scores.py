"""What do the recipes of tagging reach on the test splits of wnut17 and ud-english-ewt, and in how many minutes?

    python benchmarks/tagging_scores.py [NAME ...]

Three seeds each; the settings were chosen on dev. Each run is the command `syntagma train` into runs/bench, on all
cores; a finished one is not repeated. It needs `SYNTAGMA_DATA`.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import record
from syntagma.runs.tagged_predictions import read_tagged_predictions
from syntagma.text.spans import broken_rules

_RUNS = Path("runs/bench")
_SEEDS = 3
_GLOVE = "embedding.vectors={data}/glove/glove.6B.100d.top100k.txt.gz"
CASES: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "wnut17, GloVe": ("tag", "wnut17", (_GLOVE,)),
    "wnut17": ("tag", "wnut17", ()),
    "ud-english-ewt, GloVe": ("tag-pos", "ud-english-ewt", (_GLOVE,)),
    "ud-english-ewt": ("tag-pos", "ud-english-ewt", ()),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", default=list(CASES))
    arguments = parser.parse_args()
    record.write("tagging_scores", {"cases": {case: summary(case) for case in arguments.cases}})


def summary(case: str) -> dict[str, Any]:
    recipe, corpus, settings = CASES[case]
    runs = [run(recipe, corpus, settings, seed) for seed in range(_SEEDS)]
    figure = "span_f1" if "span_f1" in runs[0]["test"] else "accuracy"
    values = [one["test"][figure] for one in runs]
    return {
        "figure": figure,
        "test": {"mean": round(mean(values), 4), "std": round(stdev(values), 4), "values": values},
        "minutes": [one["minutes"] for one in runs],
        "runs": runs,
    }


def run(recipe: str, corpus: str, settings: tuple[str, ...], seed: int) -> dict[str, Any]:
    """Trains unless that is done, and gives the figures."""
    folder = _RUNS / f"{recipe}-{corpus}-{'glove' if settings else 'plain'}-{seed}"
    kept = folder / "commit.txt"
    if not kept.is_file():
        changes = [f"--set={one.format(data=os.environ['SYNTAGMA_DATA'])}" for one in settings]
        command = [
            "train",
            recipe,
            "--data",
            corpus,
            "--seed",
            str(seed),
            "--out",
            str(folder),
            "--overwrite",
            *changes,
        ]
        commit = record.commit()
        subprocess.run([sys.executable, "-m", "syntagma", *command], check=True, stdout=subprocess.DEVNULL)
        kept.write_text(commit, encoding="utf-8")
    metrics = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
    names = ("span_f1", "span_precision", "span_recall", "accuracy", "unknown_accuracy")
    baselines = metrics["baselines"]
    return {
        "seed": seed,
        "commit": kept.read_text(encoding="utf-8"),
        **{
            split: {name: round(metrics[split][name], 4) for name in names if name in metrics[split]}
            for split in ("dev", "test")
        },
        "baselines": {title: found["test"] for title, found in baselines.items()},
        "illegal_sequences": illegal(folder) if "span_f1" in metrics["test"] else 0,
        "minutes": round(metrics["seconds"]["train"] / 60, 2),
    }


def illegal(folder: Path) -> int:
    """Sequences of the predictions that break the scheme."""
    splits = [read_tagged_predictions(folder / "predictions" / f"{name}.jsonl") for name in ("dev", "test")]
    return sum(bool(broken_rules(row, "BIO")) for split in splits for row in split.found)


if __name__ == "__main__":
    main()
