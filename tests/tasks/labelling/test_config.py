"""Settings of training that only labels have."""

import pytest

from syntagma.tasks.labelling.config import LabelTrainingConfig
from syntagma.tasks.tagging.recipe import TaggingTrainingConfig
from syntagma.training.config import TrainingConfig


@pytest.mark.parametrize(
    "settings",
    [
        {"label_smoothing": 1},
        {"focal_gamma": -1},
        {"class_weights": "heavy"},
        {"balanced_batches": "some"},
        {"calibrate": "some"},
        {"monitor": "f1"},
        {"monitor": "span_f1"},
        {"patience": 0},
    ],
)
def test_values_outside_their_rule_are_refused(settings):
    (name,) = settings
    with pytest.raises(ValueError, match=name):
        LabelTrainingConfig(epochs=1, **settings)


@pytest.mark.parametrize("name", sorted(set(LabelTrainingConfig.model_fields) - set(TrainingConfig.model_fields)))
def test_training_of_any_task_knows_nothing_of_labels(name):
    with pytest.raises(ValueError, match=name):
        TrainingConfig(epochs=1, **{name: LabelTrainingConfig.model_fields[name].default})


@pytest.mark.parametrize("config", [LabelTrainingConfig, TaggingTrainingConfig])
def test_accuracy_decides_which_epoch_is_best_unless_another_figure_is_named(config):
    assert config(epochs=1).monitor == "accuracy"
    assert TrainingConfig(epochs=1).monitor == "loss"  # which trainings of every task have
