"""Create the golden bundle of a format; run once per format, because every later version must read the saved bundle.

python tests/golden/make.py tests/golden/format-1
"""

import json
import sys
from pathlib import Path

import numpy as np

from syntagma import TextClassifier, load
from syntagma.tasks.registry import parse_recipe

_RECIPE = """
name: golden
description: Every part that a classifier of format 1 can have, as small as it gets.
text:
  encoder: {kind: word, min_count: 1}
  ngrams: {longest: 2, min_documents: 1}
batches: {size: 8, max_tokens: 8, keep: head_tail}
embedding: {size: 3, word_dropout: 0.1}
model: {kind: recurrent, units: 2, pooling: max_average}
ngram_branch: {descent_rate: 100}
training: {epochs: 2, learning_rate: 0.05, dev: false, combine: ensemble, combine_epochs: 2}
"""
_TEXTS = [
    "a good film",
    "a bad film",
    "neither good nor bad",
    "Ein guter Film, größer als das Leben!",
    "好看的电影",
    "",
]
_LABELS = ["gut", "schlecht", "so-so", "gut", "gut", "so-so"]


def main() -> None:
    folder = Path(sys.argv[1])
    model = TextClassifier(parse_recipe(_RECIPE, "golden"), seed=1).fit(_TEXTS * 4, _LABELS * 4)
    model.temperature_ = 1.25
    model.save(folder / "model")
    probabilities = load(folder / "model").predict_proba(_TEXTS)
    expected = {"texts": _TEXTS, "labels": list(model.classes_), "probabilities": np.round(probabilities, 7).tolist()}
    (folder / "expected.json").write_text(json.dumps(expected, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
