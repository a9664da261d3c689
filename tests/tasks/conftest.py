"""Small classifiers, each trained once and shared by all tests that use it."""

import pytest

import syntagma
from syntagma.tasks.registry import parse_recipe


@pytest.fixture(scope="session")
def classifier(small_recipe):
    """Return a function that makes an unfitted classifier: `classifier(seed=0, **{"training.epochs": 1})`."""

    def classifier(seed=0, verbose=False, **settings):
        return syntagma.TextClassifier(parse_recipe(small_recipe, "small"), settings, seed, verbose)

    return classifier


@pytest.fixture(scope="session")
def binary(classifier, reviews):
    """Return a classifier trained on 60 texts with the labels "neg" and "pos"."""
    return classifier().fit(*reviews(60))


@pytest.fixture(scope="session")
def multiclass(classifier, reviews):
    """Return a classifier of three labels that are integers."""
    return classifier(**{"training.epochs": 20}).fit(*reviews(150, labels=(3, 7, 20)))


@pytest.fixture(scope="session")
def multilabel(classifier, reviews):
    """Return a multilabel classifier of three labels."""
    texts, labels = reviews(80, labels=((), ("drama",), ("comedy",), ("drama", "comedy", "short <10 min")))
    return classifier(**{"training.epochs": 20}).fit(texts, labels)
