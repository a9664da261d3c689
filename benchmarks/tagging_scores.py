"""Measure scores and training times of the tagging recipes on the test splits of wnut17 and ud-english-ewt.

    python benchmarks/tagging_scores.py [NAME ...] [--processes N]

Each case is trained with three seeds; the settings were chosen on dev. One case is also trained on dev, for all epochs,
with the penalty of O that dev chose for the models of train alone. Each run is a `syntagma train` into runs/bench,
pinned to one core. Finished runs are not repeated. The script needs `SYNTAGMA_DATA`.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from statistics import mean, stdev
from typing import Any, NamedTuple

import pool
import record
from syntagma.data.corpora.registry import load_corpus
from syntagma.tasks.tagging.stored import read_tagged_predictions
from syntagma.text.spans import broken_rules

_RUNS = Path("runs/bench")
_SEEDS = 3
_WITH_DEV = "wnut17-with-dev"
_GLOVE = "embedding.vectors={data}/glove/glove.6B.100d.top100k.txt.gz"
CASES: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "wnut17, GloVe": ("tag", "wnut17", (_GLOVE,)),
    "wnut17, GloVe, dev learned from too": (
        "tag",
        _WITH_DEV,
        (_GLOVE, "training.dev=false", "training.keep=last", "outside_penalty=2.0"),
    ),
    "wnut17": ("tag", "wnut17", ()),
    "ud-english-ewt, GloVe": ("tag-pos", "ud-english-ewt", (_GLOVE,)),
    "ud-english-ewt": ("tag-pos", "ud-english-ewt", ()),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", default=list(CASES))
    parser.add_argument("--processes", type=int, default=len(os.sched_getaffinity(0)))
    arguments = parser.parse_args()
    runs = [Run(case, seed) for case in arguments.cases for seed in range(_SEEDS)]
    write_with_dev(_RUNS / _WITH_DEV)
    pool.train_all(train, [run for run in runs if not run.path("").is_file()], record.commit(), arguments.processes)
    record.write("tagging_scores", {"cases": {case: summary(case) for case in arguments.cases}})


def write_with_dev(folder: Path) -> None:
    """Write the corpus wnut17 with the dev sentences added to train, and without a dev split."""
    corpus = load_corpus("wnut17")
    folder.mkdir(parents=True, exist_ok=True)
    for name, splits in {"train": ("train", "dev"), "test": ("test",)}.items():
        tables: list[Any] = [corpus[split] for split in splits]
        rows = [row for table in tables for row in zip(table.words, table.tags, strict=True)]
        blocks = ("".join(f"{word}\t{tag}\n" for word, tag in zip(*row, strict=True)) + "\n" for row in rows)
        (folder / f"{name}.conll").write_text("".join(blocks), encoding="utf-8")


class Run(NamedTuple):
    """One training."""

    case: str
    seed: int

    @property
    def folder(self) -> Path:
        """Return the run folder."""
        recipe, corpus, settings = CASES[self.case]
        return _RUNS / f"{recipe}-{corpus}-{'glove' if settings else 'plain'}-{self.seed}"

    def path(self, _: str) -> Path:
        """Return the file that exists when the training is finished; it holds the commit."""
        return self.folder / "commit.txt"


def train(run: Run, commit: str) -> Run:
    """Train with the command."""
    recipe, corpus, settings = CASES[run.case]
    changes = [f"--set={one.format(data=os.environ['SYNTAGMA_DATA'])}" for one in settings]
    if run.seed:  # the baselines know of no seed
        changes.append("--no-baselines")
    data = str(_RUNS / corpus) if corpus == _WITH_DEV else corpus
    command = ["train", recipe, "--data", data, "--seed", str(run.seed), "--out", str(run.folder), "--overwrite"]
    subprocess.run(
        [sys.executable, "-m", "syntagma", *command, *changes],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    run.path("").write_text(commit, encoding="utf-8")
    return run


def summary(case: str) -> dict[str, Any]:
    runs = [figures(Run(case, seed)) for seed in range(_SEEDS)]
    figure = "span_f1" if "span_f1" in runs[0]["test"] else "accuracy"
    values = [one["test"][figure] for one in runs]
    return {
        "figure": figure,
        "test": {"mean": round(mean(values), 4), "std": round(stdev(values), 4), "values": values},
        "minutes": [one["minutes"] for one in runs],
        "runs": runs,
    }


def figures(run: Run) -> dict[str, Any]:
    """Return the figures of a finished run."""
    folder = run.folder
    metrics = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
    names = ("span_f1", "span_precision", "span_recall", "accuracy", "unknown_accuracy")
    return {
        "seed": run.seed,
        "commit": run.path("").read_text(encoding="utf-8"),
        **{
            split: {name: round(metrics[split][name], 4) for name in names if name in metrics[split]}
            for split in ("dev", "test")
            if split in metrics
        },
        "baselines": {title: found["test"] for title, found in metrics["baselines"].items()},
        "illegal_sequences": illegal(folder) if "span_f1" in metrics["test"] else 0,
        "minutes": round(metrics["seconds"]["train"] / 60, 2),
    }


def illegal(folder: Path) -> int:
    """Count the predicted sequences that violate the scheme."""
    splits = [read_tagged_predictions(path) for path in sorted((folder / "predictions").glob("*.jsonl"))]
    return sum(bool(broken_rules(row, "BIO")) for split in splits for row in split.predicted)


if __name__ == "__main__":
    main()
