"""A small generator that learns to reverse three words, some of which are in no vocabulary."""

import random

import pytest

from syntagma.tasks.generation.generator import TextGenerator

pytestmark = pytest.mark.backend_long

SYMBOLS = ["lumo", "grib", "tavi", "noke"]


def make_pairs(count, seed):
    """Return sources of three words, one of which is new and unique, and the same words in reverse order."""
    draw = random.Random(seed)
    sources = []
    for row in range(count):
        words = draw.choices(SYMBOLS, k=2)
        words.insert(draw.randrange(3), f"x{chr(97 + row % 26)}{chr(97 + row // 26)}{'abc'[seed]}q")
        sources.append(" ".join(words))
    return sources, [" ".join(reversed(source.split())) for source in sources]


@pytest.fixture(scope="module")
def trained():
    settings = {
        "text.kind": "word",
        "batches.size": 32,
        "batches.max_tokens": 4,
        "batches.buckets": 1,
        "model.embedding": 16,
        "model.embedding_dropout": 0.0,
        "model.encoder.units": 16,
        "model.encoder.output_dropout": 0.0,
        "model.decoder.units": 32,
        "model.decoder.depth": 1,
        "model.decoder.dropout": 0.0,
        "model.copy_words": True,
        "search.beams": [1],
        "training.epochs": 15,
        "training.min_steps": 0,
        "training.learning_rate": 0.02,
        "training.label_smoothing": 0.0,
        "training.dev": False,
    }
    return TextGenerator("translate", settings, verbose=False).fit(*make_pairs(256, seed=0))


def test_a_generator_learns_to_reverse_and_to_copy_new_words(trained):
    sources, targets = make_pairs(64, seed=1)
    known = set(trained.encoder_.target.tokens)
    assert all(any(f"▁{word}" not in known for word in source.split()) for source in sources)
    scores = trained.evaluate(sources, targets)
    assert scores.exact_match > 0.9
    assert scores.scores["chrf"] > 90
    losses = [record["loss"] for record in trained.history_]
    assert losses[-1] < losses[0] / 4
    assert min(losses) >= 0


def test_a_right_target_is_more_probable_than_a_wrong_one(trained):
    sources, targets = make_pairs(8, seed=2)
    right, wrong = trained.score_pairs(sources, targets), trained.score_pairs(sources, sources)
    for one, other, source, target in zip(right, wrong, sources, targets, strict=True):
        assert source == target or one.log_prob > other.log_prob
