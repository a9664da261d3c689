"""Which epochs are kept, and what they become."""

import numpy as np
import pytest

from syntagma.training.config import TrainingConfig
from syntagma.training.selection import Selection


def selected(figures, has_dev=True, counts=lambda epoch: True, **settings):
    selection = Selection(TrainingConfig(epochs=9, **settings), has_dev)
    for epoch, figure in enumerate(figures, start=1):
        weights = [np.full(2, epoch, np.float32), np.array([epoch], np.int32)]
        selection.offer(epoch, (figure, 0.0), weights, counts=counts(epoch))
    return selection


def firsts(selection):
    return [float(member[0][0]) for member in selection.members()]


def test_one_epoch_is_kept_the_best_or_the_last():
    assert firsts(selected([0.1, 0.9, 0.5])) == [2]
    assert firsts(selected([0.1, 0.9, 0.5], keep="last")) == [3]
    assert firsts(selected([0.1, 0.9, 0.5], has_dev=False)) == [3]


def test_an_ensemble_has_the_best_epochs_the_best_first():
    selection = selected([0.3, 0.9, 0.5, 0.1], combine="ensemble", combine_epochs=3)
    assert firsts(selection) == [2, 3, 1]
    assert selection.epochs == [2, 3, 1]


def test_an_ensemble_of_the_last_epochs():
    assert firsts(selected([0.3, 0.9, 0.5, 0.1], combine="ensemble", combine_epochs=2, keep="last")) == [4, 3]


def test_an_average_is_one_model_with_the_mean_weights():
    (member,) = selected([0.3, 0.9, 0.5, 0.1], combine="average", combine_epochs=2).members()
    assert member[0].tolist() == [2.5, 2.5]
    assert (member[0].dtype, member[1].dtype) == (np.float32, np.int32)


def test_snapshots_are_of_the_epochs_that_count():
    selection = selected(
        [0.9, 0.1, 0.8, 0.2], counts=lambda epoch: epoch % 2 == 0, combine="ensemble", combine_epochs=2
    )
    assert firsts(selection) == [4, 2]
    assert selection.best.epoch == 1


def test_without_any_that_counts_the_best_is_the_result():
    assert firsts(selected([0.1, 0.9], counts=lambda epoch: False, combine="ensemble")) == [2]


def test_fewer_epochs_than_wanted_are_all_kept():
    assert firsts(selected([0.2, 0.1], combine="ensemble", combine_epochs=5)) == [1, 2]


@pytest.mark.parametrize("keep", ["best", "last"])
def test_no_more_weights_are_held_than_the_result_needs(keep):
    assert len(selected([0.1] * 9, combine="average", combine_epochs=3, keep=keep).kept) == 3
