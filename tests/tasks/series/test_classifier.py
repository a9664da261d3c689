import json

import numpy as np
import pytest

import syntagma as sg
from syntagma.errors import ConfigError, DataError

SETTINGS = {"training.epochs": 12, "training.min_steps": 0, "model.units": 6, "model.dropout": 0.0, "batches.size": 8}
# One batch shape, so models with the same channels share their programs.
SETTINGS |= {"batches.fixed_length": True, "batches.max_tokens": 9}
RISE, FALL = np.linspace(-1, 1, 9), np.linspace(1, -1, 9)


def waves(rows=40, channels=2, seed=0):
    """Return series of 4 to 9 steps that rise or fall, and their labels."""
    random = np.random.default_rng(seed)
    shapes = [(RISE, FALL)[row % 2][: 4 + row % 6] for row in range(rows)]
    series = [np.stack([one] * channels, axis=1) + random.normal(0, 0.1, (len(one), channels)) for one in shapes]
    return series, ["up", "down"] * (rows // 2)


def fit_model(series, labels, **settings):
    return sg.SeriesClassifier(settings={**SETTINGS, **settings}, verbose=False).fit(series, labels)


@pytest.fixture(scope="module")
def model():
    return fit_model(*waves(), **{"batches.fixed_length": False, "batches.buckets": 1, "batches.max_tokens": 400})


def test_rising_and_falling_series_are_learned(model):
    series, labels = waves(seed=1)
    assert model.score(series, labels) == 1.0
    assert model.evaluate(series, labels).accuracy == 1.0


def test_series_shorter_and_longer_than_in_training_are_predicted(model):
    found = model.predict_proba([np.array([[0.5, 0.5]]), np.repeat(np.linspace(-1, 1, 200)[:, None], 2, axis=1)])
    assert np.isfinite(found).all()
    assert found.sum(axis=1) == pytest.approx(1)


def test_missing_values_are_accepted_even_if_training_had_none(model):
    series = np.repeat(RISE[None, :, None], 2, axis=2)
    series[0, 2:4, 0] = np.nan
    assert model.predict(series).tolist() == ["up"]
    assert np.isfinite(model.predict_proba(np.full((1, 3, 2), np.nan))).all()


def test_missing_values_can_determine_the_label():
    """All values are 0, so only the indicator of missing values differs."""
    series = np.zeros((40, 6, 1))
    series[1::2, 2:4] = np.nan
    model = fit_model(series + np.random.default_rng(0).normal(0, 1e-3, series.shape), ["all", "gap"] * 20)
    assert model.encoder_.marks_missing
    assert model.predict(series[:4]).tolist() == ["all", "gap"] * 2


def test_a_constant_channel_is_reported_and_ignored(loud, capsys):
    series, labels = waves()
    still = [np.column_stack([one, np.full(len(one), 3.0)]) for one in series]
    model = sg.SeriesClassifier(settings={**SETTINGS, "training.epochs": 1}).fit(still, labels)
    assert "Channels that are constant in all training series are ignored: 3." in capsys.readouterr().err
    moved = [one + np.array([0, 0, 1e6]) for one in still]
    assert np.array_equal(
        model.predict_proba(
            moved,
        ),
        model.predict_proba(still),
    )


def test_a_different_number_of_channels_is_rejected(model):
    message = (
        r"the model was trained on 2 channels \(1, 2\); these series have 3 \(1, 2, 3\)\. Provide the same channels"
    )
    with pytest.raises(DataError, match=message):
        model.predict(np.zeros((1, 4, 3)))


def test_predictions_do_not_depend_on_the_scale_and_offset_of_the_data():
    series, labels = waves()
    model, other = fit_model(series, labels), fit_model([one * 1e4 + 7e5 for one in series], labels)
    new, _ = waves(seed=2)
    assert np.allclose(model.predict_proba(new), other.predict_proba([one * 1e4 + 7e5 for one in new]), atol=0.02)


def test_long_series_are_truncated_with_a_note(loud, capsys):
    series, labels = waves()
    series = [np.repeat(one, 2, axis=0) for one in series]
    model = sg.SeriesClassifier(settings={**SETTINGS, "training.epochs": 1}).fit(series, labels)
    assert "training series are longer than 9 steps (batches.max_tokens); only their beginnings" in (
        capsys.readouterr().err
    )
    assert np.array_equal(model.predict_proba([series[5]]), model.predict_proba([series[5][:9]]))


def test_a_recipe_of_another_task_is_rejected():
    with pytest.raises(ConfigError, match="recipe 'classify' is for classification; SeriesClassifier cannot use it"):
        sg.SeriesClassifier(recipe="classify").fit(*waves())


def test_a_saved_model_stores_the_normalisation_as_plain_numbers(model, tmp_path):
    model.save(tmp_path / "m")
    kept = json.loads((tmp_path / "m" / "series.json").read_text())
    assert kept["channels"] == ["1", "2"]
    assert kept["means"] == list(model.encoder_.means)
    series, _ = waves(seed=3)
    assert np.allclose(sg.load(tmp_path / "m").predict_proba(series), model.predict_proba(series), atol=1e-6)


def test_one_channel_may_be_given_without_its_axis():
    noise = np.random.default_rng(0).normal(0, 0.1, (40, 9))
    noise[::7, 3] = np.nan  # with its marks of missing values, the channel fills a network of two
    model = fit_model(np.stack([RISE, FALL] * 20) + noise, ["up", "down"] * 20)
    assert model.predict([RISE, FALL[:6]]).tolist() == model.predict([RISE[:, None], FALL[:6, None]]).tolist()
