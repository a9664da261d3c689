"""Training settings of classifiers."""

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
def test_invalid_values_are_rejected(settings):
    (name,) = settings
    with pytest.raises(ValueError, match=name):
        LabelTrainingConfig(epochs=1, **settings)


@pytest.mark.parametrize("name", sorted(set(LabelTrainingConfig.model_fields) - set(TrainingConfig.model_fields)))
def test_the_common_training_config_has_no_settings_about_labels(name):
    with pytest.raises(ValueError, match=name):
        TrainingConfig(epochs=1, **{name: LabelTrainingConfig.model_fields[name].default})


@pytest.mark.parametrize("config", [LabelTrainingConfig, TaggingTrainingConfig])
def test_the_default_monitor_is_accuracy(config):
    assert config(epochs=1).monitor == "accuracy"
    assert TrainingConfig(epochs=1).monitor == "loss"  # the default of the common config
