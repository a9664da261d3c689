"""Score the two linear baselines on full training splits.

    python benchmarks/linear_baselines.py [CORPUS ...]

The baselines of `syntagma.evaluation.linear_baselines` are trained on the whole training split, including dev rows.
"""

import argparse
from collections.abc import Iterator
from typing import Any

import record
from syntagma.data.corpora.registry import load_corpus
from syntagma.evaluation.linear_baselines import train_baselines
from syntagma.text.labels import LabelSet


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpora", nargs="*", default=["imdb", "rotten-tomatoes"])
    record.write("linear_baselines", {"runs": [row for name in parser.parse_args().corpora for row in both(name)]})


def both(name: str) -> Iterator[dict[str, Any]]:
    """Return accuracy and seconds of the two models on one corpus."""
    corpus = load_corpus(name)
    labels = LabelSet.from_labels(corpus.train.labels or [])
    gold, test = labels.encode(corpus.train.labels or []), labels.encode(corpus["test"].labels or [])
    for baseline in train_baselines(corpus.train.texts, gold, labels.size, {"test": corpus["test"].texts}):
        accuracy = float((baseline.probabilities["test"].argmax(axis=1) == test).mean())
        yield {"model": baseline.name, "corpus": name, "test_accuracy": accuracy, "seconds": round(baseline.seconds, 1)}


if __name__ == "__main__":
    main()
