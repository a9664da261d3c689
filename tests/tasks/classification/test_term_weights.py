from math import log, sqrt

import numpy as np
import pytest

from syntagma.tasks.classification.term_weights import label_information


def divergence(p, q):
    return sum(a * log(a / b) for a, b in ((p, q), (1 - p, 1 - q)))


def by_sets(documents, classes, outputs, smoothing):
    """Compute the weights with sets of features and classes, directly from the formula."""
    weights = {}
    for n in set().union(*documents):
        having = [some for document, some in zip(documents, classes, strict=True) if n in document]
        total = 0
        for k in range(outputs):
            share = sum(k in some for some in classes) / len(classes)
            p = (sum(k in some for some in having) + smoothing * share) / (len(having) + smoothing)
            total += divergence(p, share)
        weights[n] = sqrt(total)
    return weights


def arrays(documents, classes, outputs):
    features = np.array([n for document in documents for n in sorted(document)])
    rows = np.repeat(np.arange(len(documents)), [len(document) for document in documents])
    targets = np.zeros((len(documents), outputs), np.float32)
    for row, some in enumerate(classes):
        targets[row, list(some)] = 1
    return features, rows, targets


def test_two_texts_by_hand():
    # "good film" is positive, "bad film" negative; good = 1, film = 2, bad = 3.
    # P(pos) = 1/2; P(pos | good) = (1 + 1/2) / (1 + 1) = 3/4, P(pos | film) = (1 + 1/2) / (2 + 1) = 1/2.
    weights = label_information(np.array([1, 2, 2, 3]), np.array([0, 0, 1, 1]), np.array([[1.0], [0.0]]), size=4)
    assert weights.dtype == np.float32
    told = sqrt(3 / 4 * log(3 / 2) + 1 / 4 * log(1 / 2))
    assert weights == pytest.approx([0, told, 0, told], abs=1e-7)


@pytest.mark.parametrize("smoothing", [1.0, 0.25])
@pytest.mark.parametrize("several", [False, True])
def test_weights_equal_a_reference_computed_with_sets(several, smoothing):
    random = np.random.default_rng(4)
    documents = [set(random.integers(1, 9, random.integers(0, 7)).tolist()) | {row % 8 + 1} for row in range(20)]
    classes = [set(random.choice(3, random.integers(0, 4) if several else 1, False).tolist()) for _ in range(20)]
    expected = by_sets(documents, classes, 3, smoothing)
    weights = label_information(*arrays(documents, classes, 3), size=9, smoothing=smoothing)
    assert weights.shape == (9,)
    assert weights[0] == 0
    assert {n: float(weights[n]) for n in range(1, 9)} == pytest.approx(expected, abs=1e-6)


def test_a_rare_feature_weighs_less_than_an_equally_informative_frequent_one():
    documents = [{1}] + [{2}] * 9 + [{3}] * 10
    classes = [{0}] * 10 + [set()] * 10
    weights = label_information(*arrays(documents, classes, 1), size=5)
    assert weights[2] > 1.2 * weights[1] > 0
    assert weights[4] == 0  # in no text


@pytest.mark.parametrize("value", [0, 1])
def test_a_label_that_all_texts_or_no_texts_have_gives_no_weight(value):
    weights = label_information(np.array([1, 2]), np.array([0, 1]), np.full((2, 1), value), size=3)
    assert weights.tolist() == [0, 0, 0]
