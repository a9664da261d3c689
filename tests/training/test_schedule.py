"""Tests of the learning-rate schedules."""

import math

import pytest

from syntagma.training.config import TrainingConfig
from syntagma.training.schedule import ends_cycle, rate_at


def config(**settings):
    return TrainingConfig(**{"epochs": 6, "learning_rate": 0.1, **settings})


@pytest.mark.parametrize(
    ("schedule", "at_half", "at_end"),
    [("constant", 0.1, 0.1), ("linear", 0.05, 0.0), ("cosine", 0.05, 0.0), ("exponential", 0.01, 0.001)],
)
def test_each_schedule_has_its_rate_at_the_start_half_and_end(schedule, at_half, at_end):
    training = config(schedule=schedule)
    assert rate_at(0, training) == pytest.approx(0.1)
    assert rate_at(0.5, training) == pytest.approx(at_half)
    assert rate_at(1, training) == pytest.approx(at_end)
    assert rate_at(1.5, training) == pytest.approx(at_end)


@pytest.mark.parametrize("schedule", ["constant", "linear", "cosine", "exponential"])
def test_the_warm_up_rises_from_zero_and_the_schedule_starts_after_it(schedule):
    training = config(schedule=schedule, warmup=0.2)
    assert rate_at(0, training) == 0
    assert rate_at(0.1, training) == pytest.approx(0.05)
    assert rate_at(0.2, training) == pytest.approx(0.1)
    assert rate_at(0.6, training) == pytest.approx(rate_at(0.5, config(schedule=schedule)))


def test_the_exponential_schedule_has_a_constant_factor():
    training = config(schedule="exponential", final_rate=0.25)
    assert rate_at(0.5, training) == pytest.approx(0.05)
    assert rate_at(0.75, training) / rate_at(0.5, training) == pytest.approx(
        rate_at(1, training) / rate_at(0.75, training)
    )


def test_each_cycle_begins_at_the_full_rate_and_ends_near_zero():
    training = config(schedule="cosine", cycles=3)
    for cycle in range(3):
        assert rate_at(cycle / 3 + 1e-9, training) == pytest.approx(0.1)
        assert rate_at(cycle / 3 + 1 / 6, training) == pytest.approx(0.05)
        assert rate_at((cycle + 1) / 3 - 1e-9, training) == pytest.approx(0, abs=1e-9)
    assert rate_at(1, training) == 0


def test_the_warm_up_shortens_only_the_first_cycle():
    training = config(schedule="cosine", cycles=2, warmup=0.1)
    assert rate_at(0.1, training) == pytest.approx(0.1)
    assert rate_at(0.3, training) == pytest.approx(0.05)
    assert rate_at(0.75, training) == pytest.approx(0.05)


def test_one_cycle_is_the_plain_cosine():
    training = config(schedule="cosine", warmup=0.1)
    for done in (0.1, 0.37, 0.9):
        fallen = (done - 0.1) / 0.9
        assert rate_at(done, training) == pytest.approx(0.05 * (1 + math.cos(math.pi * fallen)))


def test_the_last_epoch_of_each_cycle_ends_it():
    assert [epoch for epoch in range(1, 7) if ends_cycle(epoch, 6, 3)] == [2, 4, 6]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"cycles": 4, "schedule": "cosine"}, "multiple"),
        ({"cycles": 3}, "needs `schedule: cosine`"),
        ({"cycles": 2, "schedule": "cosine", "epochs": None, "minutes": 1}, "number of `epochs`"),
        ({"restarts": 2}, "set `patience` too"),
        ({"dev": False, "plateau": 2}, "`plateau` needs a dev split"),
    ],
)
def test_incompatible_settings_raise_an_error(settings, message):
    with pytest.raises(ValueError, match=message):
        config(**settings)
