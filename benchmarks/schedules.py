"""Compare restarts, averages and ensembles with plain Adam for the same number of steps.

    python benchmarks/schedules.py [CORPUS ...] [--recipe NAME] [--epochs N] [--seeds N]

All rows come from the train split of the corpus: a tenth of them chooses the epochs to keep, another tenth is scored,
and the rest is for training. The test split is not used. Each schedule trains for N epochs in total; the ensemble of
three seeds trains each model for a third of them. Finished trainings are not repeated.
"""

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np

import record
import syntagma
from syntagma.data.corpora.registry import load_corpus
from syntagma.data.tables.splits import split_corpus
from syntagma.data.tables.table import Corpus
from syntagma.files import write_json

_RUNS = Path("runs/bench")
_CORPORA = ["rotten-tomatoes", "reuters-r8"]
_MEMBERS = 3
_DRAWS = 2000

_CONSTANT: dict[str, Any] = {"training.schedule": "constant", "training.warmup": 0.0, "training.min_steps": 0}
_THREE = {"training.combine_epochs": _MEMBERS}
WAYS: dict[str, dict[str, Any]] = {
    "plain Adam": _CONSTANT,
    "cosine": {**_CONSTANT, "training.schedule": "cosine"},
    "restarts with annealing": {**_CONSTANT, "training.patience": 2, "training.restarts": 2},
    "mean weights of 3 epochs": {**_CONSTANT, **_THREE, "training.combine": "average"},
    "ensemble of 3 epochs": {**_CONSTANT, **_THREE, "training.combine": "ensemble"},
    "ensemble of 3 snapshots": {
        **_CONSTANT,
        **_THREE,
        "training.schedule": "cosine",
        "training.cycles": _MEMBERS,
        "training.combine": "ensemble",
    },
    "ensemble of 3 seeds": _CONSTANT,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpora", nargs="*", default=_CORPORA)
    parser.add_argument("--recipe", default="classify-cnn")
    parser.add_argument("--epochs", type=int, default=6, help="a multiple of 3")
    parser.add_argument("--seeds", type=int, default=3)
    arguments = parser.parse_args()
    results = [compare(corpus, arguments) for corpus in arguments.corpora]
    record.write(f"schedules-{arguments.recipe}-{arguments.epochs}", {"epochs": arguments.epochs, "corpora": results})


def compare(corpus_name: str, arguments: argparse.Namespace) -> dict[str, Any]:
    """Run all schedules on one corpus."""
    loaded = load_corpus(corpus_name)
    corpus = split_corpus(Corpus(loaded.name, {"train": loaded.train}), seed=0, dev=True, test=True)
    right = {way: np.stack([scored(way, seed, corpus, arguments) for seed in range(arguments.seeds)]) for way in WAYS}
    plain = right["plain Adam"].mean(axis=0)
    return {
        "corpus": corpus_name,
        "rows": {split: len(table) for split, table in corpus.splits.items()},
        "ways": {way: figures(rows, plain) for way, rows in right.items()},
    }


def figures(right: Any, plain: Any) -> dict[str, Any]:
    """Compute mean and single accuracies, and the difference to plain Adam with its interval over the rows."""
    difference = right.mean(axis=0) - plain
    drawn = np.random.default_rng(0).integers(0, len(difference), (_DRAWS, len(difference)))
    low, high = np.quantile(difference[drawn].mean(axis=1), [0.025, 0.975])
    return {
        "accuracy": round(float(right.mean()), 4),
        "values": [round(float(value), 4) for value in right.mean(axis=1)],
        "difference": round(float(difference.mean()), 4),
        "interval": [round(float(low), 4), round(float(high), 4)],
    }


def scored(way: str, seed: int, corpus: Corpus, arguments: argparse.Namespace) -> Any:
    """Return which held-out rows are predicted correctly with a schedule, (rows,)."""
    name = f"schedules-{arguments.recipe}-{arguments.epochs}-{corpus.name}-{way.replace(' ', '-')}-{seed}.json"
    kept = _RUNS / name
    if not kept.is_file():
        model = fitted(way, seed, corpus, arguments)
        right = model.predict(corpus["test"].texts) == np.asarray(corpus["test"].labels)
        _RUNS.mkdir(parents=True, exist_ok=True)
        write_json(kept, right.astype(int).tolist())
    return np.array(json.loads(kept.read_text(encoding="utf-8")), np.float64)


def fitted(way: str, seed: int, corpus: Corpus, arguments: argparse.Namespace) -> syntagma.TextClassifier:
    def one(epochs: int, of_seed: int) -> syntagma.TextClassifier:
        settings = {**WAYS[way], "training.epochs": epochs}
        return syntagma.TextClassifier(arguments.recipe, settings, of_seed).fit(corpus)

    if way != "ensemble of 3 seeds":
        return one(arguments.epochs, seed)
    members = [one(arguments.epochs // _MEMBERS, _MEMBERS * seed + member) for member in range(_MEMBERS)]
    return syntagma.TextClassifier.average(members, corpus["dev"])


if __name__ == "__main__":
    main()
