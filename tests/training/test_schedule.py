"""The learning rate over the course of training."""

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
def test_the_rate_starts_full_and_ends_as_the_schedule_says(schedule, at_half, at_end):
    given = config(schedule=schedule)
    assert rate_at(0, given) == pytest.approx(0.1)
    assert rate_at(0.5, given) == pytest.approx(at_half)
    assert rate_at(1, given) == pytest.approx(at_end)
    assert rate_at(1.5, given) == pytest.approx(at_end)


@pytest.mark.parametrize("schedule", ["constant", "linear", "cosine", "exponential"])
def test_a_warm_up_rises_from_nothing_and_is_cut_off_the_schedule(schedule):
    given = config(schedule=schedule, warmup=0.2)
    assert rate_at(0, given) == 0
    assert rate_at(0.1, given) == pytest.approx(0.05)
    assert rate_at(0.2, given) == pytest.approx(0.1)
    assert rate_at(0.6, given) == pytest.approx(rate_at(0.5, config(schedule=schedule)))


def test_an_exponential_fall_has_the_same_factor_everywhere():
    given = config(schedule="exponential", final_rate=0.25)
    assert rate_at(0.5, given) == pytest.approx(0.05)
    assert rate_at(0.75, given) / rate_at(0.5, given) == pytest.approx(rate_at(1, given) / rate_at(0.75, given))


def test_each_cycle_begins_at_the_full_rate_and_ends_near_nothing():
    given = config(schedule="cosine", cycles=3)
    for cycle in range(3):
        assert rate_at(cycle / 3 + 1e-9, given) == pytest.approx(0.1)
        assert rate_at(cycle / 3 + 1 / 6, given) == pytest.approx(0.05)
        assert rate_at((cycle + 1) / 3 - 1e-9, given) == pytest.approx(0, abs=1e-9)
    assert rate_at(1, given) == 0


def test_a_warm_up_takes_from_the_first_cycle_alone():
    given = config(schedule="cosine", cycles=2, warmup=0.1)
    assert rate_at(0.1, given) == pytest.approx(0.1)
    assert rate_at(0.3, given) == pytest.approx(0.05)
    assert rate_at(0.75, given) == pytest.approx(0.05)


def test_one_cycle_is_the_plain_cosine():
    given = config(schedule="cosine", warmup=0.1)
    for done in (0.1, 0.37, 0.9):
        fallen = (done - 0.1) / 0.9
        assert rate_at(done, given) == pytest.approx(0.05 * (1 + math.cos(math.pi * fallen)))


def test_the_epochs_that_end_a_cycle():
    assert [epoch for epoch in range(1, 7) if ends_cycle(epoch, 6, 3)] == [2, 4, 6]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"cycles": 4, "schedule": "cosine"}, "multiple"),
        ({"cycles": 3}, "need `schedule: cosine`"),
        ({"cycles": 2, "schedule": "cosine", "epochs": None, "minutes": 1}, "number of `epochs`"),
        ({"restarts": 2}, "set `patience` too"),
        ({"dev": False, "plateau": 2}, "`plateau` needs a dev split"),
    ],
)
def test_settings_that_do_not_go_together_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        config(**settings)
