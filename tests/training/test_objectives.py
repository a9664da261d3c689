from math import exp, log

import numpy as np
import pytest

from syntagma.training.objectives import balanced_weights, loss_for, targets_for


def sigmoid(x):
    return 1 / (1 + exp(-x))


def test_targets_have_the_shape_of_the_logits():
    assert targets_for(np.array([1, 0]), "binary", 1).tolist() == [[1], [0]]
    assert targets_for(np.array([2, 0]), "multiclass", 3).tolist() == [[0, 0, 1], [1, 0, 0]]
    several = np.array([[1, 0, 1], [0, 0, 0]], np.float32)
    assert targets_for(several, "multilabel", 3).tolist() == several.tolist()
    for kind, labels in (("binary", [1]), ("multiclass", [2]), ("multilabel", [[1, 0, 0]])):
        assert targets_for(np.array(labels), kind, 1 if kind == "binary" else 3).dtype == np.float32


@pytest.mark.backend
@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_the_loss_of_two_classes_is_the_smoothed_cross_entropy(smoothing):
    loss = loss_for("binary", smoothing)(np.array([[1.0]], np.float32), np.array([[0.7]], np.float32))
    target = 1 - smoothing / 2
    assert float(loss) == pytest.approx(-target * log(sigmoid(0.7)) - (1 - target) * log(1 - sigmoid(0.7)), abs=1e-6)


@pytest.mark.backend
@pytest.mark.parametrize("smoothing", [0.0, 0.3])
def test_the_loss_of_many_classes_is_the_smoothed_cross_entropy(smoothing):
    logits = [0.5, -1.0, 2.0]
    total = sum(map(exp, logits))
    targets = [smoothing / 3, 1 - smoothing + smoothing / 3, smoothing / 3]
    expected = -sum(t * log(exp(x) / total) for t, x in zip(targets, logits, strict=True))
    loss = loss_for("multiclass", smoothing)(np.array([[0, 1, 0]], np.float32), np.array([logits], np.float32))
    assert float(loss) == pytest.approx(expected, abs=1e-6)


@pytest.mark.backend
def test_the_loss_of_several_labels_is_the_mean_over_the_labels():
    loss = loss_for("multilabel")(np.array([[1, 0]], np.float32), np.array([[0.7, -0.4]], np.float32))
    assert float(loss) == pytest.approx((-log(sigmoid(0.7)) - log(1 - sigmoid(-0.4))) / 2, abs=1e-6)


@pytest.mark.backend
def test_a_row_with_weight_zero_has_no_loss():
    gold, logits = np.array([[1.0], [1.0]], np.float32), np.array([[0.7], [9.0]], np.float32)
    loss = loss_for("binary")(gold, logits, sample_weight=np.array([1, 0], np.float32))
    assert float(loss) == pytest.approx(-log(sigmoid(0.7)) / 2, abs=1e-6)


@pytest.mark.parametrize("kind", ["binary", "multiclass"])
def test_balanced_weights_give_each_class_the_same_total(kind):
    labels = np.array([0, 0, 0, 1] if kind == "binary" else [0, 0, 0, 2])
    weights = balanced_weights(labels, kind)
    assert weights.dtype == np.float32
    assert weights.tolist() == pytest.approx([2 / 3, 2 / 3, 2 / 3, 2])


def test_balanced_weights_of_multilabel_rows_match_a_manual_calculation():
    labels = np.array([[1, 0], [1, 1], [0, 0], [1, 0]], np.float32)
    # Counts 3 and 1 with mean 2 have weights 2/3 and 2. The second row gets their mean, the empty row 1. The mean over
    # the rows is 11/12.
    expected = np.array([2 / 3, 4 / 3, 1, 2 / 3]) * 12 / 11
    assert balanced_weights(labels, "multilabel").tolist() == pytest.approx(expected.tolist())


@pytest.mark.parametrize("gamma", [1.0, 2.0])
def test_the_focal_loss_is_the_cross_entropy_times_its_factor(gamma):
    """The factor is (1 - p)^gamma, where p is the probability of the gold label; classes have no weights."""
    p = 1 / (1 + np.exp(-0.7))
    logit = np.array([[0.7]], np.float32)
    for gold, probability in ((1.0, p), (0.0, 1 - p)):
        loss = loss_for("binary", focal_gamma=gamma)(np.array([[gold]], np.float32), logit)
        assert float(loss) == pytest.approx(-np.log(probability) * (1 - probability) ** gamma, rel=1e-5)
    logits = np.array([[0.2, 1.5, -0.3]])
    probabilities = np.exp(logits[0]) / np.exp(logits[0]).sum()
    loss = loss_for("multiclass", focal_gamma=gamma)(np.array([[0, 1, 0]], np.float32), logits.astype(np.float32))
    expected = -np.log(probabilities[1]) * (1 - probabilities[1]) ** gamma
    assert float(loss) == pytest.approx(expected, rel=1e-5)
