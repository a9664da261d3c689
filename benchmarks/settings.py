"""Measure the effect of changed settings of a recipe on rows held out of train.

    python benchmarks/settings.py CORPUS [--draws N] [--recipe NAME] --variant NAME KEY=VALUE ... [--variant ...]

Each draw holds out another third of the train rows. The unchanged recipe and each variant are trained on the rest, with
the held-out rows as their dev split, which therefore also chooses share and temperature. The test split is not used.
Trainings finished at the same commit are not repeated.
"""

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np

import record
import syntagma
from syntagma.data.corpora.registry import load_corpus
from syntagma.data.tables.splits import fold_rows
from syntagma.data.tables.table import Corpus
from syntagma.files import write_json
from syntagma.tasks.registry import find_recipe

_RUNS = Path("runs/bench")
_FOLDS = 3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus")
    parser.add_argument("--draws", type=int, default=3)
    parser.add_argument("--recipe", default="classify")
    parser.add_argument("--variant", nargs="+", action="append", default=[])
    arguments = parser.parse_args()
    variants = {"as it is": [], **{name: settings for name, *settings in arguments.variant}}
    corpus = load_corpus(arguments.corpus)
    results = {}
    for name, settings in variants.items():
        scores = [score(corpus, draw, arguments.recipe, settings) for draw in range(arguments.draws)]
        results[name] = {"settings": settings, **means(scores), "draws": scores}
    names = [Path(arguments.recipe).stem, Path(arguments.corpus).stem, *list(variants)[1:]]
    record.write("-".join(["settings", *names]), {"corpus": arguments.corpus, "variants": results})


def means(scores: list[dict[str, float]]) -> dict[str, float]:
    return {key: round(float(np.mean([one[key] for one in scores])), 4) for key in ("accuracy", "log_loss")}


def score(corpus: Corpus, draw: int, recipe: str, settings: list[str]) -> dict[str, float]:
    """Return dev accuracy and log loss of one draw; its number is also the seed."""
    commit = record.commit()
    parts = [recipe, corpus.name, str(draw), *settings, commit]
    kept = _RUNS / f"settings-{'-'.join(parts).replace('/', '_')}.json"
    if not kept.is_file() or commit.endswith("dirty"):
        held, *others = fold_rows(corpus.train, _FOLDS, 100 + draw)
        split = {"train": corpus.train.select(np.concatenate(others)), "dev": corpus.train.select(held)}
        model = syntagma.TextClassifier(find_recipe(recipe, settings), seed=draw).fit(Corpus(corpus.name, split))
        found = model.evaluate(split["dev"])
        _RUNS.mkdir(parents=True, exist_ok=True)
        write_json(kept, {"accuracy": float(found.accuracy), "log_loss": float(found.scores["log_loss"])})
    values: dict[str, Any] = json.loads(kept.read_text(encoding="utf-8"))
    return values


if __name__ == "__main__":
    main()
