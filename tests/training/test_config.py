import pytest

from syntagma.training.config import TrainingConfig


@pytest.mark.parametrize("settings", [{}, {"epochs": 2, "minutes": 3}])
def test_training_has_exactly_one_limit(settings):
    with pytest.raises(ValueError, match="set exactly one of `epochs` and `minutes`"):
        TrainingConfig(**settings)


def test_patience_needs_a_dev_split():
    with pytest.raises(ValueError, match="`patience` needs a dev split; set `dev: true` or `patience: null`"):
        TrainingConfig(epochs=2, dev=False, patience=1)


@pytest.mark.parametrize(
    "settings",
    [
        {"epochs": 0},
        {"minutes": 0},
        {"learning_rate": 0},
        {"warmup": 1},
        {"beta_2": 1},
        {"weight_decay": -0.1},
        {"clip_norm": 0},
        {"patience": 0},
        {"optimizer": "adagrad"},
        {"schedule": "step"},
        {"keep": "first"},
        {"precision": "float16"},
    ],
)
def test_values_outside_their_range_raise_an_error(settings):
    (name,) = settings
    with pytest.raises(ValueError, match=name):
        TrainingConfig(**{"epochs": 1, **settings} if name != "minutes" else settings)
