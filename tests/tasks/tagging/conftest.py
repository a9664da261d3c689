"""Sentences about places, and small taggers trained on them."""

import numpy as np
import pytest

from syntagma.tasks.tagging.tagger import SequenceTagger

PLACES = ["Rome", "Oslo", "Lima", "New York", "San Marino"]
FRAMES = ["I saw {} today", "{} is far", "we left {} for {}", "nobody came", "from {} , then home"]
SMALL = {
    "model.units": 12,
    "model.dropout": 0.2,
    "model.characters": None,
    "embedding.size": 8,
    "embedding.dropout": 0.0,
    "batches.size": 16,
    # Batches of one shape, so that programs are compiled once.
    "batches.max_tokens": 16,
    "batches.fixed_length": True,
    "training.epochs": 4,
    "training.min_steps": 0,
    "training.learning_rate": 0.02,
    # Settings of the recipe that these small sentences do not need.
    "scheme": "given",
    "embedding.unknown_dropout": 0.0,
    "text.casing": False,
    "text.shapes": False,
    "feature_crf": None,
}
CHARACTERS = {
    "model.characters": {"kind": "cnn", "units": 6, "embedding_size": 4, "dropout": 0.0},
    "text.characters": 8,
}


def make_sentences(count, seed=0):
    draw = np.random.default_rng(seed)
    words, tags = [], []
    for row in range(count):
        text, marks = [], []
        for part in FRAMES[draw.integers(len(FRAMES))].split():
            place = PLACES[draw.integers(len(PLACES))].split() if part == "{}" else [part]
            text += place
            marks += ["B-place", *["I-place"] * (len(place) - 1)] if part == "{}" else ["O"]
        words.append([*text, f"n{seed}x{row}"])
        tags.append([*marks, "O"])
    return words, tags


@pytest.fixture(scope="session")
def sentences():
    """Return a function that makes words and BIO tags of sentences, each with a unique number."""
    return make_sentences


@pytest.fixture(scope="session")
def tagger():
    """Return a function that makes an unfitted tagger: `tagger(**{"training.epochs": 1})`."""

    def tagger(verbose=False, **changes):
        return SequenceTagger("tag", {**SMALL, **changes}, verbose=verbose)

    return tagger


@pytest.fixture(scope="session")
def fitted(tagger):
    """Return a tagger trained to find places, which also reads characters."""
    return tagger(**CHARACTERS, **{"training.epochs": 12}).fit(*make_sentences(160))
