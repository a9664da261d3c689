from math import log

import numpy as np
import pytest

from syntagma.models.naive_bayes import log_count_ratios


def ratios_by_dictionaries(documents, classes, smoothing):
    """`{(feature, k): ratio}` from sets of features and sets of classes, written down from the formula."""
    features = range(1, 1 + max(max(document, default=0) for document in documents))
    result = {}
    for k in range(1 + max(max(some, default=0) for some in classes)):
        inside = {n: smoothing for n in features}
        outside = {n: smoothing for n in features}
        for document, some in zip(documents, classes, strict=True):
            for n in document:
                (inside if k in some else outside)[n] += 1
        for n in features:
            p, q = inside[n] / sum(inside.values()), outside[n] / sum(outside.values())
            result[n, k] = log(p / q)
    return result


def arrays(documents, classes, outputs):
    features = np.array([n for document in documents for n in sorted(document)])
    rows = np.repeat(np.arange(len(documents)), [len(document) for document in documents])
    targets = np.zeros((len(documents), outputs), np.float32)
    for row, some in enumerate(classes):
        targets[row, list(some)] = 1
    return features, rows, targets


def test_two_texts_by_hand():
    # "good film" is positive, "bad film" negative; good = 1, film = 2, bad = 3.
    # p = (2, 2, 1), q = (1, 2, 2), both of sum 5.
    ratios = log_count_ratios(np.array([1, 2, 2, 3]), np.array([0, 0, 1, 1]), np.array([[1.0], [0.0]]), size=4)
    assert ratios.dtype == np.float32
    assert ratios.ravel() == pytest.approx([0, log(2), 0, -log(2)])


@pytest.mark.parametrize("smoothing", [1.0, 0.25])
@pytest.mark.parametrize("several", [False, True])
def test_they_equal_a_count_with_dictionaries(several, smoothing):
    random = np.random.default_rng(4)
    documents = [set(random.integers(1, 9, random.integers(0, 7)).tolist()) | {row % 8 + 1} for row in range(20)]
    classes = [set(random.choice(3, random.integers(0, 4) if several else 1, False).tolist()) for _ in range(20)]
    expected = ratios_by_dictionaries(documents, classes, smoothing)
    ratios = log_count_ratios(*arrays(documents, classes, 3), size=9, smoothing=smoothing)
    assert ratios.shape == (9, 3)
    assert not ratios[0].any()
    for (n, k), ratio in expected.items():
        assert ratios[n, k] == pytest.approx(ratio, abs=1e-6)
    assert len(expected) == 8 * 3


def test_a_class_that_no_text_has_stays_finite():
    ratios = log_count_ratios(np.array([1, 2]), np.array([0, 1]), np.zeros((2, 1)), size=3)
    assert np.isfinite(ratios).all()
