"""Summary statistics of series, and logistic regression on them."""

import numpy as np
import pytest

from syntagma.evaluation.series import statistics
from syntagma.evaluation.series.statistics import predict, summary_statistics
from syntagma.progress import quietly

NAMES = ("mean", "std", "min", "q1", "median", "q3", "max", "difference", "first", "last", "slope", "missing")


@pytest.fixture(autouse=True)
def quiet():
    with quietly():
        yield


def statistics_by_name(series):
    """Return the statistics of a series (T, 1) by name."""
    values = summary_statistics(np.array(series, np.float32)[:, None])
    return dict(zip((*NAMES, *(f"amplitude {k}" for k in range(1, 9)), "length", "log length"), values, strict=True))


def test_the_statistics_are_those_computed_by_hand():
    values = statistics_by_name([2, 0, 4, 6])
    expected = {"mean": 3, "std": 5**0.5, "min": 0, "q1": 1.5, "median": 3, "q3": 4.5, "max": 6, "first": 2, "last": 6}
    expected |= {"difference": 8 / 3, "slope": 1.6, "missing": 0, "length": 4, "log length": np.log(5)}
    # The Fourier transform at 1 and 2 is (2 - 4) + (6 - 0) i and 2 - 0 + 4 - 6 = 0.
    expected |= {"amplitude 1": 1, "amplitude 2": 0, "amplitude 8": 0}
    for name, value in expected.items():
        assert values[name] == pytest.approx(value, abs=1e-12), name


def test_a_slow_wave_has_its_amplitude_at_its_frequency():
    values = statistics_by_name(np.sin(2 * np.pi * 3 * np.arange(60) / 60))
    assert [round(values[f"amplitude {k}"], 5) for k in (1, 2, 3, 4)] == [0, 0, 1, 0]


def test_the_features_of_channels_are_independent():
    one, two = np.random.default_rng(0).normal(size=(2, 9, 1)).astype(np.float32)
    both = summary_statistics(np.concatenate([one, two], axis=1))
    np.testing.assert_allclose(both[:-2:2], summary_statistics(one)[:-2], rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(both[1:-2:2], summary_statistics(two)[:-2], rtol=1e-12, atol=1e-12)


def test_missing_steps_are_counted_and_interpolated():
    values = statistics_by_name([2, np.nan, 4, np.nan])
    assert (values["missing"], values["mean"], values["length"]) == (0.5, 3.25, 4)


@pytest.mark.parametrize("series", [[5.0], [np.nan], []])
def test_a_series_of_one_step_or_none_has_statistics(series):
    values = statistics_by_name(series)
    known = len(series) == 1 and series[0] == 5
    assert (values["mean"] == 5) == known
    assert values["length"] == len(series)
    assert values["missing"] == (0 if known or not series else 1)


def draw_waves(random, rows):
    """Draw series of two classes that differ in frequency, with missing steps and a constant channel."""
    gold = random.integers(0, 2, rows)
    series = []
    for label in gold:
        time = np.arange(random.integers(20, 40))
        wave = np.sin(time * (0.2 + 0.3 * label) + random.uniform(0, 6)) + random.normal(0, 0.1, len(time))
        wave[random.random(len(time)) < 0.1] = np.nan
        series.append(np.stack([wave, np.full(len(time), 7.0)], axis=1).astype(np.float32))
    return series, gold


def test_it_learns_to_distinguish_two_frequencies():
    random = np.random.default_rng(1)
    train, gold = draw_waves(random, 60)
    test, truth = draw_waves(random, 50)
    p = predict(train, gold, 2, {"test": test, "dev": test[:3], "other": []})
    assert (p["test"].argmax(axis=1) == truth).mean() > 0.95
    assert (p["test"].dtype, p["dev"].shape, p["other"].shape) == (np.float32, (3, 2), (0, 2))
    np.testing.assert_allclose(p["test"].sum(axis=1), 1, rtol=1e-5)


def test_constant_features_and_extreme_values_give_finite_probabilities():
    random = np.random.default_rng(2)
    train, gold = draw_waves(random, 30)
    odd = [np.full((3, 2), 1e30, np.float32), np.full((3, 2), np.nan, np.float32), np.zeros((0, 2), np.float32)]
    p = predict(train, gold, 2, {"test": odd})["test"]
    assert np.isfinite(p).all()


def test_the_scale_is_fitted_on_training_series_only(monkeypatch):
    fitted = []
    original = statistics.Scale.fit
    monkeypatch.setattr(statistics.Scale, "fit", lambda values: fitted.append(len(values)) or original(values))
    train, gold = draw_waves(np.random.default_rng(3), 12)
    predict(train, gold, 2, {"test": train * 2})
    assert fitted == [12]


def test_classes_without_training_rows_keep_some_probability():
    train, gold = draw_waves(np.random.default_rng(4), 6)
    p = predict(train, gold + 2, 9, {"test": train})["test"]
    np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-5)
    np.testing.assert_allclose(p[:, [0, 1, 4, 5, 6, 7, 8]], 1 / 15, rtol=1e-5)
    assert (p.argmax(axis=1) == gold + 2).all()


def test_one_class_is_predicted_everywhere():
    train, _ = draw_waves(np.random.default_rng(5), 4)
    p = predict(train, np.full(4, 1), 3, {"test": train[:2]})["test"]
    np.testing.assert_allclose(p, [[1 / 7, 5 / 7, 1 / 7]] * 2, rtol=1e-6)
