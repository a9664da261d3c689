import numpy as np
import pytest
import sklearn.metrics

from syntagma.evaluation.baselines import most_frequent_label
from syntagma.evaluation.classification.scores import classification_scores, decide, dev_scores, log_loss
from syntagma.tasks.labelling.results import Evaluation

NAMES = ["a", "b", "c", "d"]


@pytest.fixture
def multiclass():
    """Return imbalanced gold labels of four classes, and probabilities that are mostly correct."""
    random = np.random.default_rng(6)
    gold = random.choice(4, 60, p=[0.5, 0.3, 0.15, 0.05])
    probabilities = random.dirichlet(np.ones(4), 60) + 0.5 * np.eye(4)[gold]
    return gold, (probabilities / probabilities.sum(axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture
def multilabel():
    random = np.random.default_rng(7)
    gold = (random.random((50, 4)) < [0.6, 0.3, 0.2, 0.1]).astype(np.float32)
    return gold, np.clip(0.6 * gold + random.uniform(0, 0.6, (50, 4)), 0.01, 0.99).astype(np.float32)


def test_the_most_probable_of_many_classes_is_predicted(multiclass):
    _, probabilities = multiclass
    assert decide(probabilities, multilabel=False, threshold=0.9).tolist() == probabilities.argmax(axis=1).tolist()


def test_the_positive_class_is_predicted_from_the_threshold_on():
    probabilities = np.array([[0.75, 0.25], [0.5, 0.5], [0.25, 0.75]], np.float32)
    assert decide(probabilities, multilabel=False).tolist() == [0, 1, 1]
    assert decide(probabilities, multilabel=False, threshold=0.25).tolist() == [1, 1, 1]
    assert decide(probabilities, multilabel=False, threshold=0.8).tolist() == [0, 0, 0]


def test_multilabel_labels_are_predicted_from_the_threshold_on():
    probabilities = np.array([[0.5, 0.1], [0.2, 0.3]], np.float32)
    assert decide(probabilities, multilabel=True).tolist() == [[1, 0], [0, 0]]
    assert decide(probabilities, multilabel=True, threshold=0.2).tolist() == [[1, 0], [1, 1]]


def test_multiclass_scores_equal_scikit_learn(multiclass):
    gold, probabilities = multiclass
    predicted = probabilities.argmax(axis=1)
    scores = classification_scores(gold, probabilities, NAMES)
    assert scores["rows"] == 60
    assert scores["accuracy"] == pytest.approx(sklearn.metrics.accuracy_score(gold, predicted))
    assert scores["macro_f1"] == pytest.approx(sklearn.metrics.f1_score(gold, predicted, average="macro"))
    assert scores["log_loss"] == pytest.approx(sklearn.metrics.log_loss(gold, probabilities, labels=range(4)), abs=1e-6)
    report = sklearn.metrics.classification_report(
        gold, predicted, labels=range(4), target_names=NAMES, output_dict=True, zero_division=0
    )
    for name in NAMES:
        ours = scores["per_class"][name]
        assert ours["f1"] == pytest.approx(report[name]["f1-score"])
        assert ours["precision"] == pytest.approx(report[name]["precision"])
        assert ours["recall"] == pytest.approx(report[name]["recall"])
        assert ours["rows"] == report[name]["support"]


def test_multilabel_scores_equal_scikit_learn(multilabel):
    gold, probabilities = multilabel
    predicted = (probabilities >= 0.4).astype(int)
    scores = classification_scores(gold, probabilities, NAMES, threshold=0.4)
    assert scores["accuracy"] == pytest.approx(sklearn.metrics.accuracy_score(gold, predicted))
    assert 0 < scores["accuracy"] < 1
    for average in ("macro", "micro"):
        expected = sklearn.metrics.f1_score(gold, predicted, average=average)
        assert scores[f"{average}_f1"] == pytest.approx(expected)
    expected = np.mean([sklearn.metrics.log_loss(gold[:, k], probabilities[:, k].astype(float)) for k in range(4)])
    assert scores["log_loss"] == pytest.approx(expected, abs=1e-6)
    assert [row["rows"] for row in scores["per_class"].values()] == gold.sum(axis=0).tolist()


def test_the_threshold_applies_to_binary_scores():
    gold = np.array([0, 1, 1])
    probabilities = np.array([[0.75, 0.25], [0.6, 0.4], [0.2, 0.8]], np.float32)
    assert classification_scores(gold, probabilities, ["no", "yes"])["accuracy"] == pytest.approx(2 / 3)
    assert classification_scores(gold, probabilities, ["no", "yes"], threshold=0.3)["accuracy"] == 1


def test_a_class_that_neither_occurs_nor_is_predicted_is_left_out_of_macro_f1():
    gold = np.array([0, 0, 1, 1])
    probabilities = np.array([[0.8, 0.1, 0.1], [0.2, 0.7, 0.1], [0.1, 0.8, 0.1], [0.1, 0.8, 0.1]], np.float32)
    # Class 0: precision 1, recall 1/2, so 2/3. Class 1: precision 2/3, recall 1, so 4/5. Class 2 is absent.
    scores = classification_scores(gold, probabilities, ["a", "b", "c"])
    assert scores["macro_f1"] == pytest.approx((2 / 3 + 4 / 5) / 2)
    assert scores["per_class"]["c"] == {"precision": 0, "recall": 0, "f1": 0, "rows": 0}


def test_a_multilabel_label_that_never_occurs_is_left_out_of_macro_f1():
    gold = np.array([[1, 0], [0, 0]], np.float32)
    probabilities = np.array([[0.9, 0.1], [0.9, 0.2]], np.float32)
    assert classification_scores(gold, probabilities, ["a", "b"])["macro_f1"] == pytest.approx(2 / 3)


def test_a_single_multilabel_label_is_scored_for_its_presence():
    gold = np.array([[1], [0], [0], [0], [1]])
    probabilities = np.array([[0.9], [0.8], [0.1], [0.1], [0.2]], np.float32)
    scores = classification_scores(gold, probabilities, ["spam"])
    assert scores["per_class"] == {"spam": {"precision": 0.5, "recall": 0.5, "f1": 0.5, "rows": 2}}
    assert scores["macro_f1"] == scores["micro_f1"] == 0.5
    assert scores["accuracy"] == 0.6


@pytest.mark.parametrize("gold", [np.array([1]), np.array([[1.0, 0.0]], np.float32)])
def test_a_certain_mistake_has_a_finite_loss(gold):
    assert 50 < log_loss(gold, np.array([[1, 0]] if gold.ndim == 1 else [[0, 1]], np.float32)) < 100


def test_dev_scores_are_the_metrics_tracked_during_training(multiclass):
    gold, probabilities = multiclass
    scores = classification_scores(gold, probabilities, NAMES)
    assert dev_scores(gold, probabilities) == {
        "accuracy": scores["accuracy"],
        "macro_f1": scores["macro_f1"],
        "loss": scores["log_loss"],
    }


def test_labels_that_are_never_predicted_are_named():
    gold = np.array([0, 0, 1, 2])
    probabilities = np.tile(np.array([[0.6, 0.3, 0.1, 0.0]], np.float32), (4, 1))
    scores = classification_scores(gold, probabilities, ["a", "b", "c", "d"])
    assert scores["never_predicted"] == ["b", "c"]  # d does not occur
    assert str(Evaluation(scores).to_text()).endswith("All texts are predicted as 'a'; never predicted: 'b', 'c'.")
    several = classification_scores(
        np.array([[1, 1], [0, 1]]), np.array([[0.9, 0.1], [0.1, 0.1]], np.float32), ["a", "b"]
    )
    assert several["never_predicted"] == ["b"]
    assert Evaluation(several).to_text().endswith("\nNever predicted: 'b'.")


@pytest.mark.parametrize(
    ("gold", "shares"),
    [(np.array([0, 0, 1, 0]), [4 / 6, 2 / 6]), (np.array([[1, 0], [1, 1], [1, 0], [0, 0]]), [4 / 6, 2 / 6])],
)
def test_the_most_frequent_label_is_a_baseline(gold, shares):
    baseline = most_frequent_label(gold, 2, {"dev": 2, "test": 1})
    assert baseline.title == "most frequent label"
    assert {name: rows.shape for name, rows in baseline.probabilities.items()} == {"dev": (2, 2), "test": (1, 2)}
    np.testing.assert_allclose(baseline.probabilities["dev"][1], shares, rtol=1e-6)


@pytest.mark.parametrize("gold", [np.array([0, 1]), np.eye(2)])
def test_the_log_loss_of_certain_and_correct_predictions_is_not_negative(gold):
    assert str(log_loss(gold, np.eye(2, dtype=np.float32))) == "0.0"
