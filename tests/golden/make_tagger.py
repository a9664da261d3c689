"""Script that created the golden tagger of format 1.

It was run with the version before the task protocol (7085526) and imports names of that version. Every later version
must read the saved model, so it is never created again.

python tests/golden/make_tagger.py tests/golden/format-1-tagger
"""

import json
import os
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from syntagma import Corpus, SequenceTagger, TaggedTable, load
from syntagma.recipes import catalog

_RECIPE = """
name: golden-tagger
description: Every part that a tagger of format 1 can have, as small as it gets.
task: tagging
scheme: IOBES
text: {lower: true, min_count: 1, casing: true, shapes: true}
vector_words: 20
class_weights: balanced
batches: {size: 4, max_tokens: 6}
embedding: {size: 3, vectors: vectors.txt, dropout: 0.1}
model:
  kind: tagger
  units: 2
  depth: 2
  characters: {kind: cnn, units: 2, width: 2, embedding_size: 2}
  utterance: {pooling: max}
  lower_tags: {column: pos, depth: 1}
training: {epochs: 2, learning_rate: 0.05, dev: false}
"""
_VECTORS = "rome 0.1 0.2 0.3\noslo -0.1 0.4 0.0\ntrain 0.5 -0.5 0.25\n"
_ROWS = {
    "In/O/ADP Rome/B-place/PROPN again/O/ADV": "stay",
    "Yes/O/INTJ": "answer",
    "From/O/ADP New/B-place/PROPN Oslo/I-place/PROPN to/O/ADP Rome/B-place/PROPN ,/O/PUNCT by/O/ADP train/O/NOUN": (
        "travel"
    ),
    "größer/O/ADJ als/O/SCONJ Oslo/B-name/PROPN": "answer",
}
_UNSEEN = ["wholly", "new", "Words", "in", "a", "rather", "long", "sentence", ",", "Rome"]


def main() -> None:
    os.chdir(sys.argv[1])
    fields = [[word.split("/") for word in row.split()] for row in _ROWS]
    words, tags, parts_of_speech = ([[word[place] for word in row] for row in fields] for place in range(3))
    table = TaggedTable.from_words(words * 4, tags * 4, [*_ROWS.values()] * 4)
    corpus = Corpus("golden", {"train": replace(table, columns={"pos": parts_of_speech * 4})})
    Path("vectors.txt").write_text(_VECTORS, encoding="utf-8")
    recipe = catalog.parse(_RECIPE, "golden")
    models = [SequenceTagger(recipe, seed=seed, verbose=False).fit(corpus) for seed in (1, 2)]
    SequenceTagger.average(models).save("model")
    Path("vectors.txt").unlink()
    Path("expected.json").write_text(json.dumps(answers([*words, _UNSEEN]), ensure_ascii=False, indent=1) + "\n")


def answers(words: list[list[str]]) -> dict[str, object]:
    """Return the predictions of the saved model."""
    model = load("model")
    found = model.annotate(words)
    return {
        "words": words,
        "tags": model.predict(words),
        "marginals": [np.round(one, 6).tolist() for one in model.predict_proba(words)],
        "labels": [one.label for one in found],
        "lower": [[word.lower for word in one.words] for one in found],
        "classes": model.classes_.tolist(),
    }


if __name__ == "__main__":
    main()
