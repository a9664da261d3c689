"""The two linear baselines learn, and handle unusual data."""

import numpy as np
import pytest

from syntagma.evaluation import linear_baselines as baselines
from syntagma.evaluation.baselines import TITLES
from syntagma.evaluation.linear_baselines import train_baselines

NAMES = ["tf-idf", "nb-ngrams"]


def train_all(texts, gold, classes, splits):
    return {baseline.name: baseline for baseline in train_baselines(texts, np.array(gold), classes, splits)}


def make_data(reviews, labels, rows=160):
    train, gold = reviews(rows, labels, seed=1)
    test, truth = reviews(60, labels, seed=2)
    return train, [labels.index(label) for label in gold], test, np.array([labels.index(label) for label in truth])


@pytest.mark.parametrize("rows", [160, 240], ids=["few texts", "many texts"])
@pytest.mark.parametrize("labels", [("neg", "pos"), ("a", "b", "c", "d")])
def test_both_baselines_learn_from_words(reviews, labels, rows):
    train, gold, test, truth = make_data(reviews, labels, rows)
    result = train_all(train, gold, len(labels), {"dev": test[:7], "test": test})
    assert list(result) == NAMES
    for name, baseline in result.items():
        p = baseline.probabilities["test"]
        assert baseline.title == TITLES[name]
        assert baseline.seconds > 0
        assert baseline.probabilities["dev"].shape == (7, len(labels))
        assert (p.dtype, p.shape) == (np.float32, (60, len(labels)))
        np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-5)
        assert (p.argmax(axis=1) == truth).mean() > 0.9


def test_multilabel_data_trains_one_model_per_label(reviews):
    train, first, test, truth = make_data(reviews, ("a", "b", "c"))
    both = [f"{text} {other}" for text, other in zip(train, train[1:] + train[:1], strict=True)]
    gold = np.maximum(np.eye(3)[first], np.eye(3)[first[1:] + first[:1]])
    for baseline in train_all(both, gold, 3, {"test": test}).values():
        p = baseline.probabilities["test"]
        assert ((p > 0) & (p < 1)).all()
        assert ((p >= 0.5) == np.eye(3)[truth]).mean() > 0.8


def test_characters_of_a_script_without_spaces_are_words():
    texts, gold = ["这部电影很好看", "我讨厌这个剧情", "非常好看的电影", "剧情让人讨厌"] * 4, [1, 0, 1, 0] * 4
    for baseline in train_all(texts, gold, 2, {"test": ["真好看", "真讨厌"]}).values():
        assert baseline.probabilities["test"].argmax(axis=1).tolist() == [1, 0]


def test_texts_without_words_have_no_baseline(monkeypatch):
    notes = []
    monkeypatch.setattr(baselines, "note", notes.append)
    assert train_all(["", " "], [0, 1], 2, {"test": ["a word"]}) == {}
    assert [message.split(":")[0] for message in notes] == [f"Baseline {TITLES[name]}" for name in NAMES]


def test_only_one_baseline_treats_punctuation_as_words():
    assert list(train_all(["! ?", "? ."] * 3, [0, 1] * 3, 2, {"test": ["!"]})) == ["nb-ngrams"]


def test_texts_of_unknown_words_get_equal_probabilities(reviews):
    train, gold, *_ = make_data(reviews, ("neg", "pos"))
    for baseline in train_all(train, gold, 2, {"test": ["qqqq", ""]}).values():
        p = baseline.probabilities["test"]
        np.testing.assert_allclose(p[0], p[1])


@pytest.mark.parametrize(
    ("gold", "classes", "expected"), [([1] * 6, 2, 1), ([0] * 6, 2, 0), ([2] * 6, 3, 2), ([[0, 1]] * 6, 2, 1)]
)
def test_a_label_of_every_training_row_is_predicted_everywhere(gold, classes, expected):
    for baseline in train_all(["good film", "bad plot"] * 3, gold, classes, {"test": ["good", "odd"]}).values():
        p = baseline.probabilities["test"]
        assert p.argmax(axis=1).tolist() == [expected] * 2
        assert np.isfinite(p).all()


def test_the_same_texts_give_the_same_probabilities(reviews):
    train, gold, test, _ = make_data(reviews, ("a", "b", "c"))
    first, second = (train_all(train, gold, 3, {"test": test}) for _ in range(2))
    for name in NAMES:
        np.testing.assert_array_equal(first[name].probabilities["test"], second[name].probabilities["test"])
