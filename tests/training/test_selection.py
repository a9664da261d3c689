"""Tests of the selection and combination of epochs."""

import numpy as np
import pytest

from syntagma.training.config import TrainingConfig
from syntagma.training.selection import Selection


def select(scores, has_dev=True, eligible=lambda epoch: True, **settings):
    selection = Selection(TrainingConfig(epochs=9, **settings), has_dev)
    for epoch, score in enumerate(scores, start=1):
        weights = [np.full(2, epoch, np.float32), np.array([epoch], np.int32)]
        selection.offer(epoch, (score, 0.0), weights, eligible=eligible(epoch))
    return selection


def member_epochs(selection):
    """Return the epoch of each member, which is stored in its weights."""
    return [float(member[0][0]) for member in selection.members()]


def test_a_single_epoch_is_the_best_or_the_last():
    assert member_epochs(select([0.1, 0.9, 0.5])) == [2]
    assert member_epochs(select([0.1, 0.9, 0.5], keep="last")) == [3]
    assert member_epochs(select([0.1, 0.9, 0.5], has_dev=False)) == [3]


def test_an_ensemble_has_the_best_epochs_in_descending_order():
    selection = select([0.3, 0.9, 0.5, 0.1], combine="ensemble", combine_epochs=3)
    assert member_epochs(selection) == [2, 3, 1]
    assert selection.epochs == [2, 3, 1]


def test_an_ensemble_may_consist_of_the_last_epochs():
    assert member_epochs(select([0.3, 0.9, 0.5, 0.1], combine="ensemble", combine_epochs=2, keep="last")) == [4, 3]


def test_an_average_is_one_model_with_the_mean_weights():
    (member,) = select([0.3, 0.9, 0.5, 0.1], combine="average", combine_epochs=2).members()
    assert member[0].tolist() == [2.5, 2.5]
    assert (member[0].dtype, member[1].dtype) == (np.float32, np.int32)


def test_only_eligible_epochs_are_combined():
    selection = select(
        [0.9, 0.1, 0.8, 0.2], eligible=lambda epoch: epoch % 2 == 0, combine="ensemble", combine_epochs=2
    )
    assert member_epochs(selection) == [4, 2]
    assert selection.best.epoch == 1


def test_without_an_eligible_epoch_the_best_is_the_result():
    assert member_epochs(select([0.1, 0.9], eligible=lambda epoch: False, combine="ensemble")) == [2]


def test_fewer_epochs_than_wanted_are_all_kept():
    assert member_epochs(select([0.2, 0.1], combine="ensemble", combine_epochs=5)) == [1, 2]


@pytest.mark.parametrize("keep", ["best", "last"])
def test_no_more_weights_are_held_than_the_result_needs(keep):
    assert len(select([0.1] * 9, combine="average", combine_epochs=3, keep=keep).kept) == 3
