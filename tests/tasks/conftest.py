"""Small classifiers, each trained once for all tests that look at it."""

import pytest

import syntagma
from syntagma.tasks.registry import parse_recipe


@pytest.fixture(scope="session")
def classifier(small_recipe):
    """A function that makes an unfitted classifier: `classifier(seed=0, **{"training.epochs": 1})`."""

    def classifier(seed=0, verbose=False, **settings):
        return syntagma.TextClassifier(parse_recipe(small_recipe, "small"), settings, seed, verbose)

    return classifier


@pytest.fixture(scope="session")
def binary(classifier, reviews):
    """Learned "neg" and "pos" from 60 lists of words."""
    return classifier().fit(*reviews(60))


@pytest.fixture(scope="session")
def multiclass(classifier, reviews):
    """Learned three whole numbers."""
    return classifier(**{"training.epochs": 20}).fit(*reviews(150, labels=(3, 7, 20)))


@pytest.fixture(scope="session")
def multilabel(classifier, reviews):
    """Learned which of three labels, none or several of them, belong to a text."""
    texts, labels = reviews(80, labels=((), ("drama",), ("comedy",), ("drama", "comedy", "short <10 min")))
    return classifier(**{"training.epochs": 20}).fit(texts, labels)
