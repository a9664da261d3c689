import json

import numpy as np
import pytest

import syntagma as sg
from syntagma.errors import ConfigError, DataError

SETTINGS = {"training.epochs": 12, "training.min_steps": 0, "model.units": 6, "model.dropout": 0.0, "batches.size": 8}
RISE, FALL = np.linspace(-1, 1, 9), np.linspace(1, -1, 9)


def waves(rows=40, channels=2, seed=0):
    """Series of 4 to 9 steps that rise or fall, and their labels."""
    random = np.random.default_rng(seed)
    shapes = [(RISE, FALL)[row % 2][: 4 + row % 6] for row in range(rows)]
    series = [np.stack([one] * channels, axis=1) + random.normal(0, 0.1, (len(one), channels)) for one in shapes]
    return series, ["up", "down"] * (rows // 2)


def fitted(series, labels, **settings):
    return sg.SeriesClassifier(settings={**SETTINGS, **settings}, verbose=False).fit(series, labels)


@pytest.fixture(scope="module")
def model():
    return fitted(*waves())


def test_it_learns_what_rises_and_what_falls(model):
    series, labels = waves(seed=1)
    assert model.score(series, labels) == 1.0
    assert model.evaluate(series, labels).accuracy == 1.0


def test_one_step_and_more_steps_than_any_in_train(model):
    found = model.predict_proba([np.array([[0.5, 0.5]]), np.repeat(np.linspace(-1, 1, 200)[:, None], 2, axis=1)])
    assert np.isfinite(found).all()
    assert found.sum(axis=1) == pytest.approx(1)


def test_values_that_are_missing_in_new_series_only(model):
    series = np.repeat(RISE[None, :, None], 2, axis=2)
    series[0, 2:4, 0] = np.nan
    assert model.predict(series).tolist() == ["up"]
    assert np.isfinite(model.predict_proba(np.full((1, 3, 2), np.nan))).all()


def test_missing_values_can_be_what_tells():
    """Only the mark says which: all values are 0."""
    series = np.zeros((40, 6, 1))
    series[1::2, 2:4] = np.nan
    model = fitted(series + np.random.default_rng(0).normal(0, 1e-3, series.shape), ["all", "gap"] * 20)
    assert model.encoder_.marks_missing
    assert model.predict(series[:4]).tolist() == ["all", "gap"] * 2


def test_a_constant_channel_is_named_and_never_read(loud, capsys):
    series, labels = waves()
    still = [np.column_stack([one, np.full(len(one), 3.0)]) for one in series]
    model = sg.SeriesClassifier(settings={**SETTINGS, "training.epochs": 1}).fit(still, labels)
    assert "Constant in all training series, so that they say nothing: 3." in capsys.readouterr().err
    moved = [one + np.array([0, 0, 1e6]) for one in still]
    assert np.array_equal(
        model.predict_proba(
            moved,
        ),
        model.predict_proba(still),
    )


def test_another_number_of_channels_is_refused(model):
    message = r"the model was trained on 2 channels \(1, 2\); these series have 3 \(1, 2, 3\)\. Give the same channels"
    with pytest.raises(DataError, match=message):
        model.predict(np.zeros((1, 4, 3)))


def test_scale_and_offset_of_train_do_not_matter():
    series, labels = waves()
    model, other = fitted(series, labels), fitted([one * 1e4 + 7e5 for one in series], labels)
    new, _ = waves(seed=2)
    assert np.allclose(model.predict_proba(new), other.predict_proba([one * 1e4 + 7e5 for one in new]), atol=0.02)


def test_long_series_are_read_from_their_beginning_and_that_is_said(loud, capsys):
    series, labels = waves()
    settings = {**SETTINGS, "batches.max_tokens": 5, "training.epochs": 1}
    model = sg.SeriesClassifier(settings=settings).fit(series, labels)
    assert "training series are longer than 5 steps (batches.max_tokens); their beginnings are read" in (
        capsys.readouterr().err
    )
    assert np.array_equal(model.predict_proba([series[5]]), model.predict_proba([series[5][:5]]))


def test_balanced_batches_ask_for_one_label():
    with pytest.raises(
        ConfigError, match="recipe 'classify' is for classification, which SeriesClassifier does not do"
    ):
        sg.SeriesClassifier(recipe="classify").fit(*waves())


def test_a_saved_model_keeps_the_normalisation_as_plain_numbers(model, tmp_path):
    model.save(tmp_path / "m")
    kept = json.loads((tmp_path / "m" / "series.json").read_text())
    assert kept["channels"] == ["1", "2"]
    assert kept["means"] == list(model.encoder_.means)
    series, _ = waves(seed=3)
    assert np.allclose(sg.load(tmp_path / "m").predict_proba(series), model.predict_proba(series), atol=1e-6)


def test_an_array_of_one_channel_and_a_list_of_vectors_are_the_same():
    noise = np.random.default_rng(0).normal(0, 0.1, (40, 9))
    model = fitted(np.stack([RISE, FALL] * 20) + noise, ["up", "down"] * 20)
    assert model.predict([RISE, FALL[:6]]).tolist() == model.predict([RISE[:, None], FALL[:6, None]]).tolist()
