"""Trains recipes under JAX, for tests that run under another backend: `python train_under_jax.py FOLDER`.

FOLDER holds `texts.json` with texts and labels, and recipe files `NAME.yaml`. Each becomes a bundle `NAME/` and its
probabilities `NAME.npy`. Taggers learn which words are at even positions, and the labels; series have two numbers per
word; generators learn to reverse the words.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

os.environ["KERAS_BACKEND"] = "jax"

import numpy as np

import syntagma
from syntagma.data.sentences.table import TaggedTable
from syntagma.tasks.registry import find_recipe


def main(folder: Path) -> None:
    given = json.loads((folder / "texts.json").read_text())
    for path in sorted(folder.glob("*.yaml")):
        model, probabilities = trained(str(path), given["texts"], given["labels"])
        model.save(path.with_suffix(""))
        np.save(path.with_suffix(".npy"), probabilities)


def trained(path: str, texts: list[str], labels: list[str]) -> tuple[Any, Any]:
    """The fitted model of a recipe, and its probabilities, (texts, K), or flat those of words and of labels."""
    words, task = [text.split() for text in texts], find_recipe(path).task
    if task == "classification":
        classifier = syntagma.TextClassifier(path, verbose=False).fit(texts, labels)
        return classifier, classifier.predict_proba(texts)
    if task == "series":
        series = [np.array([[len(word), word.count("o")] for word in row]) for row in words]
        of_series = syntagma.SeriesClassifier(path, verbose=False).fit(series, labels)
        return of_series, of_series.predict_proba(series)
    if task == "generation":
        targets = [" ".join(reversed(row)) for row in words]
        generator = syntagma.TextGenerator(path, verbose=False).fit(texts, targets)
        scored = [one.log_probs for one in generator.score_pairs(texts[:8], texts[1:9])]
        found = [one.alternatives[0].log_probs for one in generator.annotate(texts[:8])]
        return generator, np.concatenate([*scored, *found])
    tags = [["B-even" if place % 2 == 0 else "O" for place in range(len(row))] for row in words]
    table = TaggedTable.from_words(words, tags, labels)  # labels are learned where the recipe wants them
    tagger = syntagma.SequenceTagger(path, verbose=False).fit(table)
    return tagger, np.concatenate([row.ravel() for row in [*tagger.predict_proba(words), of_labels(tagger, words)]])


def of_labels(tagger: Any, words: list[list[str]]) -> Any:
    """The probability of the label of each text, (texts,), or of none."""
    found = [one.label_probability for one in tagger.annotate(words)]
    return np.array([] if None in found else found)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
