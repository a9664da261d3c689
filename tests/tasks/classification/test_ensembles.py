"""Ensembles of several epochs, calibration, and starting from a trained model."""

import numpy as np
import pytest

import syntagma
from syntagma.data.texts.table import TextTable
from syntagma.errors import ConfigError
from syntagma.tasks.labelling.label_classifier import choose_temperature

pytestmark = pytest.mark.backend_long


@pytest.mark.parametrize(
    "settings",
    [
        {"training.combine": "ensemble", "training.combine_epochs": 2},
        {
            "training.schedule": "cosine",
            "training.cycles": 2,
            "training.combine": "ensemble",
            "training.combine_epochs": 2,
        },
    ],
)
def test_epochs_and_snapshots_of_one_training_run_form_an_ensemble(classifier, reviews, tmp_path, settings):
    model = classifier(**settings).fit(*reviews(60))
    assert model.members_ == 2
    texts = reviews(10, seed=1)[0]
    model.save(tmp_path / "model")
    np.testing.assert_array_equal(syntagma.load(tmp_path / "model").predict_proba(texts), model.predict_proba(texts))


def test_averaging_the_weights_of_epochs_gives_a_single_model(classifier, reviews):
    assert classifier(**{"training.combine": "average", "training.combine_epochs": 2}).fit(*reviews(60)).members_ == 1


def make_noisy(reviews, count, seed):
    """Return texts of which a quarter has a wrong label, so a model that fits them is overconfident."""
    texts, labels = reviews(count, seed=seed, shortest=2, longest=4)
    random = np.random.default_rng(seed)
    return texts, [("neg", "pos")[int(random.integers(2))] if random.random() < 0.5 else label for label in labels]


def test_a_temperature_fitted_on_dev_improves_probabilities_and_is_saved(classifier, reviews, tmp_path):
    train, dev, test = (
        TextTable(texts, labels=labels) for texts, labels in (make_noisy(reviews, 400, seed) for seed in range(3))
    )
    corpus = syntagma.Corpus("noisy", {"train": train, "dev": dev})
    settings = {"training.epochs": 12, "training.keep": "last"}
    model = classifier(**settings).fit(corpus)
    plain = classifier(**settings, **{"training.calibrate": False}).fit(corpus)
    assert model.temperature_ > 1.2
    assert plain.temperature_ == 1
    for table in (dev, test):
        assert model.evaluate(table).scores["log_loss"] < plain.evaluate(table).scores["log_loss"]
    np.testing.assert_array_equal(model.predict(test), plain.predict(test))
    model.save(tmp_path / "model")
    assert syntagma.load(tmp_path / "model").temperature_ == model.temperature_


def test_with_too_few_rows_or_errors_the_temperature_stays_one():
    logits = np.linspace(-3, 3, 200, dtype=np.float32).reshape(-1, 1)
    gold = (logits[:, 0] > 0).astype(np.int64)
    assert choose_temperature(logits, gold, "binary") == 1
    assert choose_temperature(logits[:50], 1 - gold[:50], "binary") == 1
    assert choose_temperature(logits, np.where(np.arange(200) % 9 == 0, 1 - gold, gold), "binary") != 1


def test_dropout_may_differ_from_the_model_to_start_from(classifier, reviews):
    first = classifier(**{"training.dev": False}).fit(*reviews(30))
    settings = {"training.dev": False, "embedding.dropout": 0.4, "embedding.word_dropout": 0.1, "model.dropout": 0.3}
    continued = classifier(**settings).fit(*reviews(30), start_from=first)
    assert continued.recipe_.embedding.word_dropout == 0.1


def test_the_setting_counts_cannot_differ_from_the_model_to_start_from(classifier, reviews):
    branch = {"training.dev": False, "text.ngrams.min_documents": 1, "ngram_branch.descent_rate": 100}
    first = classifier(**branch).fit(*reviews(30))
    classifier(**{**branch, "ngram_branch.descent_rate": 50}).fit(*reviews(30), start_from=first)
    with pytest.raises(ConfigError, match="`ngram_branch` of the recipe differs"):
        classifier(**branch, **{"ngram_branch.counts": True}).fit(*reviews(30), start_from=first)
