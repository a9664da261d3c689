"""Script that created the golden text generator, and its golden run folders: a complete one, and an interrupted one.

Every later version must read them, so they are never created again. In the JSON files of the runs, `@HERE@` replaces
the path of the folder.

python tests/golden/make_generator.py tests/golden
"""

import json
import os
import shutil
import sys
from contextlib import suppress
from pathlib import Path

import numpy as np

from syntagma import TextGenerator, load
from syntagma.cli import main as command
from syntagma.runs.plan import Plan
from syntagma.runs.training import train
from syntagma.tasks.registry import find_recipe, parse_recipe
from syntagma.training.fitting import Fitter

_RECIPE = """
name: golden-generator
description: Every part that a text generator of format 1 can have, as small as it gets.
task: generation
text: {size: 60, min_count: 1, dropout: 0.1}
batches: {size: 8, max_tokens: 24, buckets: 1}
model:
  embedding: 5
  tie: all
  embedding_dropout: 0.1
  encoder: {units: 3, depth: 2, connections: residual, output_dropout: 0.1}
  decoder: {units: 4, depth: 2, attention: coverage, input_feeding: true, residual: true, dropout: 0.1}
  copy_words: true
  coverage_loss: {weight: 0.1, starts: 0.5}
search: {beams: [1, 3], length_penalty: [0.6], coverage_penalty: [0.2], max_extra: 6, blocked_ngram: 3, keep: [numbers]}
training: {epochs: 12, min_steps: 0, learning_rate: 0.03, dev: false, label_smoothing: 0.1}
"""
_SMALL = [
    "training.epochs=16",
    "training.min_steps=0",
    "training.learning_rate=0.03",
    "text.size=60",
    "batches.max_tokens=24",
    "batches.buckets=1",
    "batches.size=8",
    "model.embedding=4",
    "model.encoder.units=3",
    "model.decoder.units=6",
    "model.decoder.depth=1",
    "search.beams=[1]",
    "search.max_extra=6",
]
_COLOURS = {"red": "rot", "blue": "blau", "green": "grün", "white": "weiß"}
_THINGS = {"house": "Haus", "boat": "Boot", "ball": "Ball"}
_UNSEEN = ["the green boat 9", "the red 好 house 31", "white", "", "the blue ball 4 and the red ball 12"]


def pairs(count: int) -> list[tuple[str, str]]:
    colours, things = list(_COLOURS.items()), list(_THINGS.items())
    chosen = [(*colours[row % 4], *things[row % 3], row) for row in range(count)]
    return [(f"the {colour} {thing} {row}", f"{Farbe} {Ding} {row}") for colour, Farbe, thing, Ding, row in chosen]


def make_model(folder: Path) -> None:
    sources, targets = zip(*pairs(24), strict=True)
    recipe = parse_recipe(_RECIPE, "golden")
    models = [TextGenerator(recipe, seed=seed, verbose=False).fit(sources, targets) for seed in (1, 2)]
    TextGenerator.average(models).save(folder / "model")
    model = load(folder / "model")
    annotations = model.annotate(_UNSEEN, alternatives=2)
    scored = model.score_pairs(sources[:6], targets[:6])
    expected = {
        "texts": _UNSEEN,
        "search": model.tuned_values()["search"],
        "outputs": [[one.text for one in generated.alternatives] for generated in annotations],
        "scores": [[round(one.score, 6) for one in generated.alternatives] for generated in annotations],
        "sources": sources[:6],
        "targets": targets[:6],
        "log_probs": [np.round(one.log_probs, 6).tolist() for one in scored],
    }
    (folder / "expected.json").write_text(json.dumps(expected, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def make_runs() -> None:
    lines = "".join(f"{source}\t{target}\n" for source, target in pairs(60))
    Path("colours.tsv").write_text("source\ttarget\n" + lines, encoding="utf-8")
    changes = [part for setting in _SMALL for part in ("--set", setting)]
    sys.argv = ["syntagma", "train", "translate", "--data", "colours.tsv", "--out", "generation", *changes]
    with suppress(SystemExit):
        command()
    shutil.rmtree(Path("generation") / "report")
    train_an_epoch()
    for path in Path().glob("generation*/run.json"):
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace(str(Path().resolve()), "@HERE@"), encoding="utf-8")


def train_an_epoch() -> None:
    """Leave the run as a power failure after the first checkpoint with a completed epoch would."""
    save = Fitter._save

    def save_and_stop(fitter: Fitter) -> None:
        save(fitter)
        if fitter.state.history:
            raise KeyboardInterrupt

    Fitter._save = save_and_stop
    try:
        with suppress(KeyboardInterrupt):
            train(Plan(find_recipe("translate", _SMALL), data="colours.tsv", out=Path("generation-cut-off")))
    finally:
        Fitter._save = save


if __name__ == "__main__":
    place = Path(sys.argv[1]).resolve()
    make_model(place / "format-1-generator")
    os.chdir(place / "runs")
    make_runs()
