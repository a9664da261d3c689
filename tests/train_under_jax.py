"""Trains recipes under JAX, for tests that run under another backend: `python train_under_jax.py FOLDER`.

FOLDER holds `texts.json` with texts and labels, and recipe files `NAME.yaml`. Each becomes a bundle `NAME/` and its
probabilities `NAME.npy`. Taggers learn which words stand at an even place.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

os.environ["KERAS_BACKEND"] = "jax"

import numpy as np

import syntagma
from syntagma.recipes import catalog


def main(folder: Path) -> None:
    given = json.loads((folder / "texts.json").read_text())
    for path in sorted(folder.glob("*.yaml")):
        model, probabilities = trained(str(path), given["texts"], given["labels"])
        model.save(path.with_suffix(""))
        np.save(path.with_suffix(".npy"), probabilities)


def trained(path: str, texts: list[str], labels: list[str]) -> tuple[Any, Any]:
    """The fitted model of a recipe, and its probabilities, (texts, K) or (words, K)."""
    if catalog.find(path).task == "classification":
        classifier = syntagma.TextClassifier(path, verbose=False).fit(texts, labels)
        return classifier, classifier.predict_proba(texts)
    words = [text.split() for text in texts]
    tags = [["B-even" if place % 2 == 0 else "O" for place in range(len(row))] for row in words]
    tagger = syntagma.SequenceTagger(path, verbose=False).fit(words, tags)
    return tagger, np.concatenate(tagger.predict_proba(words))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
